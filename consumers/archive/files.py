"""The files of a package while it is written: each is new, safe on disk, and has the MD5 of the data as given."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from infra.engine import failpoints


class Entry(NamedTuple):
    """A file of the package, as the file index lists it."""

    path: PurePosixPath
    md5: str


class Sheet:
    """A file being written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._md5 = hashlib.md5(usedforsecurity=False)  # the executive order's choice

    def write(self, data: bytes) -> None:
        self._md5.update(data)
        self._file.write(data)

    @property
    def md5(self) -> str:
        return self._md5.hexdigest().upper()


class Files:
    """Writes into one new package folder and lists the files that were written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[Entry] = []

    @contextmanager
    def new(self, path: str) -> Iterator[Sheet]:
        """A new file of the package, by its path inside; it is safe on disk afterwards."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            sheet = Sheet(file)
            yield sheet
            file.flush()
            os.fsync(file.fileno())
        failpoints.reach("archive file written")
        self.entries.append(Entry(PurePosixPath(path), sheet.md5))

    def add(self, path: str, data: bytes) -> None:
        with self.new(path) as sheet:
            sheet.write(data)

    def settle(self) -> None:
        """Makes the folders' own entries safe on disk too: delivered records may be deleted elsewhere."""
        for folder in (self.folder.parent, self.folder, *filter(Path.is_dir, self.folder.rglob("*"))):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
