"""Published CSV files, line by line: every fault is told with file, line and column."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ISCO_DIGITS = 4


class BadFileError(Exception):
    """A published file has a fault; the text names file, line and column. Nothing was written."""


class Row(NamedTuple):
    """A line's fields by column; each method returns a field of its form, or raises `BadFileError`.

    A text has no blanks around it and no line breaks in it, which spreadsheets leave there.
    """

    path: Path
    line: int
    fields: Mapping[str, str]

    def require(self, holds: bool, column: str, fault: str) -> None:
        if not holds:
            raise BadFileError(f"{self.path}, line {self.line}, column {column}: {self.fields[column]!r} {fault}")

    def text(self, column: str) -> str:
        value = self.fields[column]
        self.require(value.strip() != "", column, "is empty")
        return " ".join(value.split())

    def uri(self, column: str) -> str:
        value = self.text(column)
        self.require(value.startswith(("http://", "https://")) and " " not in value, column, "is no URI")
        return value

    def isco(self, column: str) -> str:
        value = self.fields[column]
        self.require(
            len(value) == ISCO_DIGITS and value.isascii() and value.isdigit(), column, "is no 4-digit ISCO code"
        )
        return value

    def one_of(self, column: str, known: Sequence[str]) -> str:
        self.require(self.fields[column] in known, column, f"is none of {', '.join(known)}")
        return self.fields[column]


def rows(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """The lines below a header of exactly these columns; `BadFileError` for a file that is anything else.

    What a spreadsheet makes of the published file is read too: a mark at its beginning, semicolons for commas.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter = ";" if file.readline().rstrip("\r\n") == ";".join(columns) else ","
            file.seek(0)
            reader = csv.reader(file, strict=True, delimiter=delimiter)
            header = next(reader, [])
            if tuple(header) != tuple(columns):
                raise BadFileError(f"{path}, line 1: columns are {', '.join(header)}; expected {', '.join(columns)}")
            for fields in reader:
                if len(fields) != len(columns):
                    raise BadFileError(
                        f"{path}, line {reader.line_num}: {len(fields)} columns, expected {len(columns)}"
                    )
                yield Row(path, reader.line_num, dict(zip(columns, fields, strict=True)))
    except OSError as error:
        raise BadFileError(
            f"{path} cannot be read: {error.strerror}. Give the path of the published CSV file."
        ) from None
    except UnicodeDecodeError:
        raise BadFileError(f"{path} is not UTF-8: export it again in UTF-8") from None
    except csv.Error as error:
        raise BadFileError(f"{path}, line {reader.line_num}: not CSV: {error}") from None
