"""The error of a delivery, told to the operator."""


class ArchiveError(Exception):
    """The delivery, or a command about one, is refused; the text says why and what to do. Nothing was recorded."""
