"""A small file system that can be filled: for the database of one run, and for the target of an archive delivery."""

import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra.local.postgres import SYSTEM_USER

MIB = 1024 * 1024
SIZE_MIB = 256
"""One of our databases with a small load takes a fifth of it."""


@dataclass(frozen=True)
class Disk:
    folder: Path

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def fill(self) -> None:
        """Fills the disk to the last byte."""
        with self._filler.open("wb", buffering=0) as file:
            try:
                while file.write(b"\0" * MIB):
                    continue
            except OSError:  # as intended: the disk is full
                file.flush()

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk() -> Iterator[Disk]:
    """A disk that is mounted for the time of the block. Needs root, as in a container."""
    folder = Path(tempfile.mkdtemp(prefix="dfdg-disk-", dir="/tmp"))
    owner = pwd.getpwnam(SYSTEM_USER)
    options = f"size={SIZE_MIB}m,mode=0700,uid={owner.pw_uid},gid={owner.pw_gid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()


@contextmanager
def tablespace(server: str) -> Iterator[Disk]:
    """A small disk as a tablespace of that name, for a database that is dropped before the block ends."""
    with small_disk() as disk:
        tables = disk.folder / "tables"
        tables.mkdir(mode=0o700)
        shutil.chown(tables, SYSTEM_USER, SYSTEM_USER)
        space = sql.Identifier(disk.folder.name)
        with _maintenance(server) as connection:
            connection.execute(sql.SQL("create tablespace {} location {}").format(space, str(tables)))
        try:
            yield disk
        finally:
            disk.free()
            with _maintenance(server) as connection:
                connection.execute(sql.SQL("drop tablespace {}").format(space))


def move(dsn: str, disk: Disk) -> None:
    """Moves the database, to which no client is connected, to that disk."""
    name = sql.Identifier(str(conninfo_to_dict(dsn)["dbname"]))
    with _maintenance(dsn) as connection:
        query = sql.SQL("alter database {} set tablespace {}").format(name, sql.Identifier(disk.folder.name))
        connection.execute(query)


def _maintenance(server: str) -> psycopg.Connection:
    return psycopg.connect(make_conninfo(server, dbname="postgres"), autocommit=True)
