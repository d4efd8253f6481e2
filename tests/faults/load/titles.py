"""Job titles of the fault tests' country: a table of few titles, wishes for jobs, and citizens who register again."""

import random
from datetime import date
from typing import NamedTuple

from infra.postgres import connect
from infra.reference.tables import Old, Title, store_table
from producers.classification import Published
from producers.title_table import announce
from schemas.dates import midnight
from schemas.registration import RegistrationRequested
from schemas.title_table import TitleOutcome
from schemas.titles import Outcome, TitleHeldRecorded
from schemas.topics import REGISTRATION_REQUESTED, TITLE_HELD_RECORDED
from tests.builders import moment
from tests.integration.country import Fact
from tests.integration.system import System

VERSION, AREA = "faults", "job-wishes"
PUBLISHED_ON = date(2021, 5, 19)
NEW = tuple(f"2221.{n}" for n in range(1, 6))


class Becomes(NamedTuple):
    outcome: Outcome
    title: str | None = None
    candidates: tuple[str, ...] = ()


TABLE = {
    "2221001": Becomes("converted", NEW[0]),
    "2221002": Becomes("converted", NEW[1]),
    "2221003": Becomes("converted", NEW[1]),
    "2221004": Becomes("must-choose", candidates=NEW[:2]),
    "2221005": Becomes("must-choose", candidates=NEW[2:]),
    "2221006": Becomes("retired"),
}
"""The outcome of each old title."""


def publish_table(system: System) -> None:
    """Stores the table in the database and announces it, as an import of files does."""
    titles = [Title(code, f"http://titles.invalid/{code}", f"Ny {code}", code[:4]) for code in NEW]
    olds = [
        Old(code, f"http://titles.invalid/{code}", TitleOutcome(of, "TIT-2", title, any_, f"Gammel {code}"), True)
        for code, (of, title, any_) in TABLE.items()
    ]
    with connect(system.dsn, "test-titles") as connection:
        stored = store_table(connection, titles, olds, VERSION)
    published = Published(*stored, counts={})
    announce(system.addresses.kafka, system.schema_ids, published, [], midnight(PUBLISHED_ON))


def wish(luck: random.Random, at: str, citizen: str, id_: str, old: bool = False) -> Fact:
    """A fact about a job wish: an old title, a new one, free text, or that the wish is removed."""
    kind = "old" if old else luck.choice(("old", "old", "new", "text", "gone"))
    title = luck.choice(NEW if kind == "new" else tuple(TABLE))
    event = TitleHeldRecorded(
        occurred_at=moment(at), holder=citizen, holder_kind="citizen", area=AREA, item=f"wish-{luck.randrange(2)}",
        scheme="free-text" if kind == "text" else "esco-star" if kind == "new" else "discoams08",
        title=None if kind == "text" else title, text="made up" if kind == "text" else None,
        alias="alias" if kind == "old" and luck.random() < 0.2 else None, removed=kind == "gone",
    )  # fmt: skip
    return Fact(TITLE_HELD_RECORDED, event, id_)


def registers(at: str, citizen: str, id_: str) -> Fact:
    event = RegistrationRequested(occurred_at=moment(at), citizen=citizen, request=id_)
    return Fact(REGISTRATION_REQUESTED, event, id_)
