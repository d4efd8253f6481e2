"""The documents that explain a package: they lie beside this module, each as the image that the executive order asks
for, and as the text that it was drawn from."""

from importlib.resources import files
from typing import NamedTuple


class Document(NamedTuple):
    """A document; its number is its place in the list, from 1. `category`: group and kind in the order's index."""

    title: str
    description: str
    category: tuple[str, str]
    file: str

    def image(self) -> bytes:
        return (files("consumers.archive") / "context" / self.file).read_bytes()


DOCUMENTS = (
    Document(
        "Om afleveringer fra DFDG",
        "Hvad pakken indeholder, hvordan borgere er betegnet, og hvordan særlige tegn er skrevet",
        ("systemInformation", "systemContent"),
        "about.tif",
    ),
)
