"""The four index files: of the package, its table, its documents, its files. Archivists read them, in Danish."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from consumers.archive.context import DOCUMENTS
from consumers.archive.files import Entry
from consumers.archive.table import NAME, Written
from consumers.archive.xml import Content, index
from schemas.archive_areas import Area, Kind

ARCHIVE, TABLE, CONTEXT, FILE = "archiveIndex", "tableIndex", "contextDocumentationIndex", "fileIndex"
CREATOR = "Styrelsen for Arbejdsmarked og Rekruttering"
SYSTEM, SYSTEM_SHORT = "Det fælles datagrundlag", "DFDG"
PURPOSE = "Fælles datagrundlag for beskæftigelsesindsatsen i jobcentre, a-kasser og hos andre aktører."
APPROVED_BY = "SA"
"""The Danish National Archives, as an approving archive."""

ESCAPES = (
    r"Tegn, som XML ikke kan bære, er skrevet som \u og fire cifre, og omvendt skråstreg som \u005c: {count} værdier."
)
NEVER = ("regionNum", "komNum", "cprNum", "cvrNum", "matrikNum", "bbrNum", "whoSygKod")
"""Standard identifiers: no area has them in systematic form. The test of the areas holds that for CPR numbers."""


class Delivery(NamedTuple):
    """The indices' data of the package beside its content. `package`: AVID.STAR.<n>; `previous`: packages before it."""

    package: str
    medium: int
    made_on: date
    previous: Sequence[str] = ()

    @property
    def folder(self) -> str:
        return f"{self.package}.{self.medium}"


def archive_index(area: Area, delivery: Delivery, written: Written) -> bytes:
    """The package itself; its period is that of the records' last updates."""
    start, end = written.first_day.isoformat(), written.last_day.isoformat()
    creator: Content = [("creatorName", CREATOR), ("creationPeriodStart", start), ("creationPeriodEnd", end)]
    content: list[tuple[str, Content]] = [
        ("archiveInformationPackageID", delivery.package),
        *(("archiveInformationPackageIDPrevious", previous) for previous in delivery.previous),
        ("archivePeriodStart", start),
        ("archivePeriodEnd", end),
        ("archiveInformationPacketType", False),  # not the system's last delivery
        ("archiveCreatorList", creator),
        ("archiveType", False),  # as things stood at one moment
        ("systemName", SYSTEM),
        ("alternativeName", SYSTEM_SHORT),
        ("systemPurpose", PURPOSE),
        ("systemContent", f"{area.title}. {area.description}"),
        *((name, False) for name in NEVER),
        *((name, False) for name in ("containsDigitalDocuments", "containsGeodata", "containsResearchData")),
        *((name, False) for name in ("researchSIP", "documentsDisposal", "searchRelatedOtherRecords")),
        *((name, False) for name in ("systemFileConcept", "multipleDataCollection")),
        ("personalDataRestrictedInfo", True),  # **chosen**: an unemployed person's contacts with the authorities
        ("otherAccessTypeRestrictions", False),
        ("archiveApproval", APPROVED_BY),
    ]
    return index(ARCHIVE, ARCHIVE, content)


def table_index(area: Area, written: Written) -> bytes:
    """The one table: its columns with type and meaning, its key, and how many rows it has."""
    name = area.table.partition(".")[2]
    table: Content = [
        ("name", name),
        ("folder", NAME),
        ("description", f"{area.description} Borgere står under DFDG's tilfældige numre, aldrig under CPR-nummer."),
        ("columns", [("column", _column(area, written, n)) for n in range(len(area.columns))]),
        ("primaryKey", [("name", f"PK_{name}"), ("column", area.columns[0].name)]),
        ("rows", written.rows),
    ]
    content: Content = [
        ("version", "1.0"),
        ("dbName", SYSTEM_SHORT),
        ("databaseProduct", "PostgreSQL"),
        ("tables", [("table", table)]),
    ]
    return index(TABLE, "siardDiark", content)


def _column(area: Area, written: Written, n: int) -> Content:
    column, escaped = area.columns[n], written.escaped[n]
    types = {
        Kind.TEXT: f"CHARACTER VARYING({written.longest[n]})",
        Kind.DATE: "DATE",
        Kind.MOMENT: "TIMESTAMP WITH TIME ZONE",
        Kind.NUMBER: "INTEGER",
        Kind.YES_NO: "BOOLEAN",
    }
    return [
        ("name", column.name),
        ("columnID", f"c{n + 1}"),
        ("type", types[column.kind]),
        ("nullable", column.nullable),
        ("description", f"{column.description}. {ESCAPES.format(count=escaped)}" if escaped else column.description),
    ]


def context_index(delivery: Delivery) -> bytes:
    """The documents that explain the package."""
    documents: Content = [
        ("document", [
            ("documentID", number),
            ("documentTitle", document.title),
            ("documentDescription", document.description),
            ("documentDate", delivery.made_on.isoformat()),
            ("documentAuthor", [("authorInstitution", CREATOR)]),
            ("documentCategory", [(document.category[0], [(document.category[1], True)])]),
        ])
        for number, document in enumerate(DOCUMENTS, 1)
    ]  # fmt: skip
    return index(CONTEXT, CONTEXT, documents)


def file_index(delivery: Delivery, entries: Sequence[Entry]) -> bytes:
    r"""Every file but itself, with its MD5; folders are written with `\`, as the order wants them."""
    return index(FILE, FILE, [
        ("f", [
            ("foN", "\\".join((delivery.folder, *entry.path.parent.parts))),
            ("fiN", entry.path.name),
            ("md5", entry.md5),
        ])
        for entry in entries
    ])  # fmt: skip
