"""Checks a package on disk against its own indices: every file, every MD5, every count, every row."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, parse
from xml.parsers import expat

from consumers.archive.indices import ARCHIVE, CONTEXT, FILE, TABLE
from consumers.archive.table import read_rows
from consumers.archive.xml import DIARK

FILE_INDEX = PurePosixPath("Indices") / f"{FILE}.xml"
REQUIRED = tuple(PurePosixPath("Indices") / f"{name}.xml" for name in (ARCHIVE, TABLE, CONTEXT))
NAMES = {"": DIARK}


class Checked(NamedTuple):
    """The numbers of rows and files found, the file index among them, and the faults, if any."""

    records: int
    files: int
    faults: tuple[str, ...]


def verify(folder: Path) -> Checked:
    """Reads the whole package again. Changes nothing; memory does not grow with the rows."""
    found = {PurePosixPath(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
    if FILE_INDEX not in found:
        return Checked(0, len(found), (f"{FILE_INDEX} is missing: the package is not finished.",))
    try:
        listed, faults = _listed(folder)
    except ParseError as error:
        return Checked(0, len(found), (f"{FILE_INDEX} is not XML: {error}.",))
    faults += [f"{path} is listed and missing." for path in sorted(set(listed) - found)]
    faults += [f"{path} is there and not listed." for path in sorted(found - set(listed) - {FILE_INDEX})]
    faults += [f"{path} is not listed, and must be there." for path in REQUIRED if path not in listed]
    there = sorted(set(listed) & found)
    faults += [f"{path} has another MD5 than the index says." for path in there if _md5(folder / path) != listed[path]]
    faults += [fault for path in there if path.suffix in (".xml", ".xsd") for fault in _malformed(folder, path)]
    records, wrong = _tables(folder) if REQUIRED[1] in there else (0, [])
    return Checked(records, len(found), (*faults, *wrong))


def _listed(folder: Path) -> tuple[dict[PurePosixPath, str], list[str]]:
    """The MD5 of every file that the index lists, and the faults of the list itself."""
    listed, faults = dict[PurePosixPath, str](), []
    for each in parse(folder / FILE_INDEX).iterfind("f", NAMES):
        place, name = each.findtext("foN", "", NAMES), each.findtext("fiN", "", NAMES)
        package, *below = place.split("\\")
        path = PurePosixPath(*below, name)
        if package != folder.resolve().name or ".." in path.parts or path.is_absolute():
            faults.append(f"{FILE_INDEX} lists {place}\\{name}, which is not in this package.")
        elif path in listed:
            faults.append(f"{path} is listed twice.")
        else:
            listed[path] = each.findtext("md5", "", NAMES).upper()
    return listed, faults


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest().upper()


def _malformed(folder: Path, path: PurePosixPath) -> Iterator[str]:
    try:
        with (folder / path).open("rb") as source:
            expat.ParserCreate().ParseFile(source)
    except expat.ExpatError as error:
        yield f"{path} is not XML: {error}."


def _tables(folder: Path) -> tuple[int, list[str]]:
    """The number of rows in all, and the faults where the table index says otherwise."""
    try:
        tables = parse(folder / REQUIRED[1]).findall("tables/table", NAMES)
    except ParseError:
        return 0, []  # reported as malformed
    records, faults = 0, [] if tables else [f"{REQUIRED[1]} describes no table."]
    for table in tables:
        name = table.findtext("folder", "", NAMES)
        try:
            count, wrong = _count(folder / "Tables" / name / f"{name}.xml", table)
        except (OSError, ParseError, ValueError) as error:
            faults.append(f"{name} cannot be read: {error}")
            continue
        records, said = records + count, table.findtext("rows", "", NAMES)
        faults += [f"{name} has {count} rows and not {said}, as the index says."] * (str(count) != said)
        faults += [f"{name}: {number} rows {what}." for what, number in sorted(wrong.items())]
    return records, faults


def _count(file: Path, table: Element) -> tuple[int, Counter[str]]:
    columns = table.findall("columns/column", NAMES)
    ids = [column.findtext("columnID", "", NAMES) for column in columns]
    required = {ids[n] for n, column in enumerate(columns) if column.findtext("nullable", "", NAMES) == "false"}
    count, wrong = 0, Counter[str]()
    for count, row in enumerate(read_rows(file), 1):  # noqa: B007 - the last number is the count
        wrong["have other columns than the index"] += [name for name, _ in row] != ids
        wrong["lack a value that no row may lack"] += any(value is None and name in required for name, value in row)
    return count, +wrong
