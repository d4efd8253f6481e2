"""A package on disk, written into a new folder. Its file index comes last: without one it is unfinished."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from consumers.archive.context import DOCUMENTS
from consumers.archive.errors import ArchiveError
from consumers.archive.files import Files
from consumers.archive.indices import (
    ARCHIVE,
    CONTEXT,
    FILE,
    TABLE,
    Delivery,
    archive_index,
    context_index,
    file_index,
    table_index,
)
from consumers.archive.table import NAME, Written, schema_of, write_rows
from schemas.archive_areas import Area

STANDARD = tuple(f"{name}.xsd" for name in (ARCHIVE, CONTEXT, FILE, TABLE))
"""The National Archives' own schemas that the package's indices follow. They are not ours to ship."""


def write_package(
    folder: Path, area: Area, rows: Iterable[Sequence[Any]], delivery: Delivery, schemas: Path | None = None
) -> Written:
    """Writes the package into `folder`, which has no folder of its name yet, and returns the numbers of its table.

    `schemas`: where the Archives' schemas lie; they go into the package. Without it the package lacks them. Raises
    `ArchiveError` when the folder is there already, or a schema is not.
    """
    standard = _standard(schemas)
    package = folder / delivery.folder
    try:
        package.mkdir(parents=True)
    except FileExistsError:
        raise ArchiveError(f"{package} is there already. It is left as it is; deliver into another folder.") from None
    files = Files(package)
    with files.new(f"Tables/{NAME}/{NAME}.xml") as sheet:
        written = write_rows(sheet, area, rows)
    files.add(f"Tables/{NAME}/{NAME}.xsd", schema_of(area))
    for number, document in enumerate(DOCUMENTS, 1):
        files.add(f"ContextDocumentation/docCollection1/{number}/1.tif", document.image())
    for name, data in standard.items():
        files.add(f"Schemas/standard/{name}", data)
    files.add(f"Indices/{ARCHIVE}.xml", archive_index(area, delivery, written))
    files.add(f"Indices/{TABLE}.xml", table_index(area, written))
    files.add(f"Indices/{CONTEXT}.xml", context_index(delivery))
    files.add(f"Indices/{FILE}.xml", file_index(delivery, files.entries))
    files.settle()
    return written


def _standard(schemas: Path | None) -> dict[str, bytes]:
    if schemas is None:
        return {}
    missing = [name for name in STANDARD if not (schemas / name).is_file()]
    if missing:
        raise ArchiveError(
            f"{schemas} lacks {', '.join(missing)}. Name the folder with the National Archives' schemas."
        )
    return {name: (schemas / name).read_bytes() for name in STANDARD}
