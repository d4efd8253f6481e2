"""Small XML documents from nested tuples; the names that the executive order gives its namespaces."""

from collections.abc import Sequence
from typing import Union
from xml.etree.ElementTree import Element, indent, tostring

DIARK = "http://www.sa.dk/xmlns/diark/1.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SCHEMA = "http://www.w3.org/2001/XMLSchema"

Content = Union[str, bool, int, Sequence[tuple[str, "Content"]]]  # noqa: UP007 - a recursive alias needs it in 3.11


def element(tag: str, content: Content) -> Element:
    """An element with text, or with the elements that the tuples name."""
    made = Element(tag)
    if isinstance(content, bool):
        made.text = "true" if content else "false"
    elif isinstance(content, str | int):
        made.text = str(content)
    else:
        made.extend(element(*each) for each in content)
    return made


def index(name: str, root: str, content: Content) -> bytes:
    """A document of the executive order's own namespace, which names the schema that it follows."""
    made = element(root, content)
    made.attrib |= {"xmlns": DIARK, "xmlns:xsi": XSI}
    made.set("xsi:schemaLocation", f"{DIARK} ../Schemas/standard/{name}.xsd")
    return document(made)


def document(root: Element) -> bytes:
    """The whole document, indented, in UTF-8."""
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
