"""What the demo plays with: the published files where they are at hand, else the sample that the project ships."""

import csv
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Beside the checkout; never in it."""

_TITLES, _RELATIONS, _LABELS = "escostar_occupations.csv", "esco_to_escostar.csv", "labels_da.csv"


class TitleFiles(NamedTuple):
    """The ESCO-STAR titles, their relations to ESCO, and ESCO's labels; `about` says to a person which these are."""

    escostar: Path
    mapping: Path
    about: str
    aliases: Path | None = None


class Jobcentres(NamedTuple):
    """Ids of recipients; `about` says where they are from."""

    ids: list[str]
    about: str


def title_files(published: Path = PUBLISHED) -> TitleFiles:
    """STAR's ESCO-STAR 2021 when it is there, else the sample."""
    folder, labels = published / "escostar-2021", published / "esco-1.0.8-da" / _LABELS
    about = f"the real ESCO-STAR 2021 and its relations to ESCO ({folder})"
    if not (folder / _TITLES).exists() or not (folder / _RELATIONS).exists():
        folder = Path(str(files("infra") / "sample"))
        labels = folder / _LABELS
        about = "the small SAMPLE that the project ships, for the published files are not beside the checkout"
    return TitleFiles(folder / _TITLES, folder / _RELATIONS, about, labels if labels.exists() else None)


def jobcentres(published: Path = PUBLISHED) -> Jobcentres:
    """One a municipality, by its code of three digits, when the list is there; else a handful of made-up ones."""
    from infra.demo.country.citizens import JOBCENTRES

    path = published / "kommuner" / "kommuner.csv"
    if not path.exists():
        return Jobcentres(list(JOBCENTRES), f"{len(JOBCENTRES)} made-up jobcentres")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["uden_for_kommuneinddeling"] == "false"]
    ids = [f"jobcentre-{row['kommunekode'][1:]}" for row in rows]
    return Jobcentres(ids, f"{len(ids)} jobcentres, one a municipality")
