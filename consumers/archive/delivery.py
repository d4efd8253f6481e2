"""A delivery from the register to the package on disk; only records read back from there are recorded (RET-6)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.conninfo import make_conninfo

from consumers.archive import outstanding
from consumers.archive.errors import ArchiveError
from consumers.archive.indices import Delivery
from consumers.archive.package import write_package
from consumers.archive.table import NAME, read_delivered
from consumers.archive.verify import Checked, verify
from infra.engine import failpoints
from infra.postgres import connect
from schemas.archive_areas import Area
from schemas.dates import copenhagen_day

AGENCY, MEDIUM = "STAR", 1
"""Ids are `AVID.<agency>.<number>`; folders add the medium, of which a package has one."""

FAULTS_SHOWN = 5

_LOCKABLE = "insert into ledger.lock_row values (%s) on conflict do nothing"
_LOCK = "select from ledger.lock_row where name = %s for update skip locked"
_BEGIN = """
insert into archive.run (area, due_by, folder, began_at, began_by) values (%s, %s, %s, %s, %s) returning number
"""
_READING = "insert into retention.reading (who, area, why) values (%s, %s, 'delivery to the National Archives')"
_PREVIOUS = "select delivery from archive.delivery where rejected_at is null order by made_at, delivery"
_DELIVERY = "insert into archive.delivery (delivery, area, made_at, records, files) values (%s, %s, %s, %s, %s)"
_DELIVERED = "copy archive.delivered (area, record, delivery, updated_at) from stdin"


class Made(NamedTuple):
    """A package that was written, verified and recorded. It waits for the Archives' approval."""

    delivery: str
    folder: Path
    records: int
    files: int


def deliver(
    connection: Connection, folder: Path, area: Area, *, due_by: date, at: datetime, who: str,
    schemas: Path | None = None, progress: Callable[[int], object] = int,
) -> Made | None:  # fmt: skip
    """Delivers the records of the area that are due by `due_by` and are not delivered as they stand now.

    None: there was no such record, and nothing was written. `connection` is in autocommit. `progress` is told how many
    records are written. Raises `ArchiveError`: the folder then holds no delivery, and the next one takes a new number.
    A second delivery of the area at the same time is refused likewise.
    """
    check_who(who)
    with _alone(connection, area):
        outstanding.check_columns(connection, area)
        if not outstanding.count(connection, area, due_by):
            return None
        began = (area.name, due_by, str(folder.resolve()), at, who)
        (number,) = connection.execute(_BEGIN, began).fetchone() or (0,)
        failpoints.reach("delivery begun")
        connection.execute(_READING, (who, area.name))  # of withheld records too (RET-6)
        with connection.transaction():
            connection.execute("set transaction isolation level repeatable read")
            previous = [name.rpartition(".")[0] for (name,) in connection.execute(_PREVIOUS).fetchall()]
            delivery = Delivery(f"AVID.{AGENCY}.{number}", MEDIUM, copenhagen_day(at), previous)
            rows = _told(outstanding.rows(connection, area, due_by), progress)
            checked = _on_disk(folder, area, rows, delivery, schemas)
            _record(connection, folder, area, delivery.folder, at, checked)
            failpoints.reach("delivery recorded")
    return Made(delivery.folder, folder / delivery.folder, checked.records, checked.files)


def check_who(who: str) -> None:
    if not who.strip():
        raise ArchiveError("Say who you are: every step of a delivery is recorded with a name.")


@contextmanager
def _alone(connection: Connection, area: Area) -> Iterator[None]:
    """No other run delivers the area meanwhile; a run that dies releases the lock with its connections."""
    info = connection.info
    with closing(connect(make_conninfo(info.dsn, password=info.password), "dfdg-delivery-lock")) as holder:
        name = (f"delivery/{area.name}",)
        holder.execute(_LOCKABLE, name)
        holder.commit()
        if not holder.execute(_LOCK, name).fetchall():
            raise ArchiveError(f"Another delivery of {area.name} is under way. Wait until it has ended.")
        yield


def _told(rows: Iterable[Sequence[Any]], progress: Callable[[int], object]) -> Iterator[Sequence[Any]]:
    for done, row in enumerate(rows, 1):
        yield row
        if done % outstanding.PAGE_ROWS == 0:
            progress(done)


def _on_disk(
    folder: Path, area: Area, rows: Iterable[Sequence[Any]], delivery: Delivery, schemas: Path | None
) -> Checked:
    package = folder / delivery.folder
    try:
        written = write_package(folder, area, rows, delivery, schemas)
        failpoints.reach("package written")
        checked = verify(package)
    except OSError as error:
        raise ArchiveError(f"{package} cannot be written or read: {error}. It is no delivery.") from error
    faults = list(checked.faults)
    if checked.records != written.rows:
        faults.append(f"{checked.records} records are on disk, and {written.rows} were written.")
    if faults:
        told = " ".join(faults[:FAULTS_SHOWN])
        raise ArchiveError(f"{package} is not as it was written, so it is no delivery: {told} Check the disk.")
    return checked


def _record(connection: Connection, folder: Path, area: Area, name: str, at: datetime, checked: Checked) -> None:
    """The records in the file on disk count as delivered, no others."""
    connection.execute(_DELIVERY, (name, area.name, at, checked.records, checked.files))
    with connection.cursor() as cursor:
        with cursor.copy(_DELIVERED) as copy:
            for record, updated_at in read_delivered(folder / name / "Tables" / NAME / f"{NAME}.xml"):
                copy.write_row((area.name, record, name, updated_at))
        if cursor.rowcount != checked.records:
            raise ArchiveError(f"{name} changed on disk while it was recorded, so it is no delivery.")
