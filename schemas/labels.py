"""Labels of titles as readers compare and search them: case, width, kind of dash and spacing do not count."""

import re
import unicodedata

_DASHES = re.compile("[\u0097\u2010-\u2015\u2212]")
"""U+0097 is a dash of Windows-1252 that was decoded wrongly: 26 published labels have it."""


def plain(label: str) -> str:
    """The label in a form that is equal for labels that are the same to a reader."""
    return " ".join(_DASHES.sub("-", unicodedata.normalize("NFKC", label)).casefold().split())


def words(label: str) -> list[str]:
    """The words that a search compares: runs of letters and digits of the plain label."""
    return re.findall(r"\w+", plain(label))
