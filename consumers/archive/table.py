"""The rows of a package: `table1.xml` and its schema, written and read row by row."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, iterparse

from consumers.archive.errors import ArchiveError
from consumers.archive.files import Sheet
from consumers.archive.text import carried, markup, original
from consumers.archive.xml import SCHEMA, XSI, document
from schemas.archive_areas import Area, Column, Kind
from schemas.dates import copenhagen_day

NAME = "table1"
NAMESPACE = f"http://www.sa.dk/xmlns/siard/1.0/schema0/{NAME}.xsd"
NIL = f"{{{XSI}}}nil"
XSD_TYPES = {
    Kind.TEXT: "xs:string",
    Kind.DATE: "xs:date",
    Kind.MOMENT: "xs:dateTime",
    Kind.NUMBER: "xs:integer",
    Kind.YES_NO: "xs:boolean",
}


class Written(NamedTuple):
    """The number of rows written, each column's longest text and number of values with escapes, and the period."""

    rows: int
    longest: Sequence[int]
    escaped: Sequence[int]
    first_day: date
    last_day: date


def write_rows(out: Sheet, area: Area, rows: Iterable[Sequence[Any]]) -> Written:
    """Writes at least one row; holds one at a time. Raises `ArchiveError` when a mandatory value is missing."""
    count, longest, escaped = 0, [1] * len(area.columns), [0] * len(area.columns)
    first, last = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
    out.write(
        f'<?xml version="1.0" encoding="utf-8"?>\n<table xmlns="{NAMESPACE}" xmlns:xsi="{XSI}"'
        f' xsi:schemaLocation="{NAMESPACE} {NAME}.xsd">\n'.encode()
    )
    for row in rows:
        cells = []
        for n, (column, value) in enumerate(zip(area.columns, row, strict=True)):
            text = _text(area, column, value, row[0])
            cells.append(f'<c{n + 1} xsi:nil="true"/>' if text is None else f"<c{n + 1}>{markup(text)}</c{n + 1}>")
            if text is not None and column.kind is Kind.TEXT:
                longest[n] = max(longest[n], len(text))
                escaped[n] += text != value
        out.write(f"<row>{''.join(cells)}</row>\n".encode())
        count, first, last = count + 1, min(first, row[-1]), max(last, row[-1])
    out.write(b"</table>\n")
    return Written(count, longest, escaped, copenhagen_day(first), copenhagen_day(last))


def _text(area: Area, column: Column, value: Any, record: str) -> str | None:
    if value is None:
        if column.nullable:
            return None
        raise ArchiveError(
            f"{area.name}: record {record} has no {column.name}, which schemas/archive_areas.py says it always has."
            " Correct the record, or the table there."
        )
    if column.kind is Kind.TEXT:
        return carried(value)
    if column.kind is Kind.MOMENT:
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
    if column.kind is Kind.YES_NO:
        return "true" if value else "false"
    return str(value)


def schema_of(area: Area) -> bytes:
    """`table1.xsd`: an XML type for each column."""
    columns = [
        ("xs:element", {"name": f"c{n}", "type": XSD_TYPES[each.kind], "nillable": str(each.nullable).lower()})
        for n, each in enumerate(area.columns, 1)
    ]
    root = Element("xs:schema", {"xmlns:xs": SCHEMA, "xmlns": NAMESPACE, "targetNamespace": NAMESPACE})
    root.attrib |= {"elementFormDefault": "qualified", "attributeFormDefault": "unqualified"}
    table, row = Element("xs:element", {"name": "table"}), Element("xs:complexType", {"name": "rowType"})
    for type_, content in (
        (_below(table, "xs:complexType"), [("xs:element", {"name": "row", "type": "rowType"} | _ANY_NUMBER)]),
        (row, columns),
    ):
        _below(type_, "xs:sequence").extend(Element(tag, attributes) for tag, attributes in content)
    root.extend((table, row))
    return document(root)


_ANY_NUMBER = {"minOccurs": "0", "maxOccurs": "unbounded"}


def _below(parent: Element, tag: str) -> Element:
    child = Element(tag)
    parent.append(child)
    return child


def read_rows(file: Path) -> Iterator[list[tuple[str, str | None]]]:
    """Each row as pairs of column id and text, None for no value. Holds one row; raises `ParseError` when malformed."""
    root, row = f"{{{NAMESPACE}}}table", f"{{{NAMESPACE}}}row"
    top: Element | None = None
    with file.open("rb") as source:  # iterparse closes a file that it opened only when it is read to its end
        for event, element in iterparse(source, events=("start", "end")):
            if top is None:
                top = element
                if element.tag != root:
                    raise ValueError(f"begins with {element.tag}, not {root}")
            elif event == "end" and element.tag == row:
                yield [(cell.tag.rpartition("}")[2], _value(cell)) for cell in element]
                top.clear()


def _value(cell: Element) -> str | None:
    return None if cell.get(NIL) == "true" else original(cell.text or "")


def read_delivered(file: Path) -> Iterator[tuple[str, datetime]]:
    """Each record's id and last update, as the file on disk has them: its archive receipt will cover them."""
    for row in read_rows(file):
        (_, record), (_, updated_at) = row[0], row[-1]
        if record is None or updated_at is None:
            raise ValueError("a row has no record or no last update")
        yield record, datetime.fromisoformat(updated_at)
