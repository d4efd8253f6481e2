"""What goes wrong with a delivery, told to the operator."""


class ArchiveError(Exception):
    """The delivery, or the wish about one, is refused; the text says why and what to do. Nothing was recorded."""
