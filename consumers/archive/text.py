"""Text in XML: characters that XML cannot carry are written as SIARD does, so that none is lost or hidden."""

import re
from xml.sax.saxutils import escape

_BEYOND_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff\\]")
_WRITTEN = re.compile(r"\\u([0-9a-f]{4})")


def carried(value: str) -> str:
    r"""The value in characters that XML carries: others as `\u0001`, and a backslash itself as `\u005c`."""
    return _BEYOND_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", value)


def original(text: str) -> str:
    """The value that `carried` was given."""
    return _WRITTEN.sub(lambda found: chr(int(found[1], 16)), text)


def markup(text: str) -> str:
    """Carried text as element content. A carriage return would come back as a line feed, so it is escaped."""
    return escape(text, {"\r": "&#13;"})
