"""The columns of each area that go to the National Archives before a record is deleted: one reviewed table (RET-6).

A column of a table that is neither archived nor left out stops the delivery: nothing is left out by default. Which
fields of the Joblog are mandatory is **constructed** (RET-4). No area's register holds CPR numbers: citizens stand
under their subject id. Descriptions are Danish: the Archives keep them with the rows.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """The type of a column's values."""

    TEXT = "text"
    DATE = "date"
    MOMENT = "moment"
    NUMBER = "number"
    YES_NO = "yes-no"


class Column(NamedTuple):
    """A column of the register's table, by its name there."""

    name: str
    kind: Kind
    description: str
    nullable: bool = False


class Area(NamedTuple):
    """An area whose records are archived first. The first column is `record` (text), the last `updated_at`.

    `anchor` is the day from which `years` count, as SQL; as in `schemas.retention_areas`.
    `left_out`: the table's other columns, each with the reason.
    """

    name: str
    rule: str
    table: str
    years: int
    anchor: str
    title: str
    description: str
    columns: tuple[Column, ...]
    left_out: Mapping[str, str]


RECORD = Column("record", Kind.TEXT, "Registreringens tilfældige nummer, primærnøgle")
CITIZEN = Column("citizen", Kind.TEXT, "Borgerens tilfældige nummer i DFDG; ikke et CPR-nummer")
UPDATED_AT = Column("updated_at", Kind.MOMENT, "Hvornår registreringen senest blev ændret (UTC)")
ENGINE = {
    "slice": "where the engine works on it",
    "reach": "who may read it now",
    "said_at": "when the source last said again what it had said before",
}

AREAS = (
    Area(
        "job-suggestion-checks", "RET-1", "register.job_suggestion_check", 6, "checked_on",
        title="Tjek jobforslag",
        description="Lediges egne tjek af jobforslag: De skulle mindst hver 7. dag logge på Jobnet for at tjekke deres"
        " jobforslag, og de kvitterede digitalt for det på Jobnet. Pligten udgik i december 2019.",
        columns=(
            RECORD, CITIZEN,
            Column("checked_on", Kind.DATE, "Dagen, hvor borgeren tjekkede sine jobforslag"),
            Column("outcome", Kind.TEXT, "Hvordan tjekket endte, som Jobnet angav det; »acknowledged«: kvitteret"),
            Column("logged_in_at", Kind.MOMENT, "Hvornår borgeren loggede på Jobnet (UTC)", nullable=True),
            Column("acknowledged_at", Kind.MOMENT, "Hvornår borgeren kvitterede på Jobnet (UTC)", nullable=True),
            UPDATED_AT,
        ),
        left_out=ENGINE,
    ),
    Area(
        "referrals", "RET-2", "access.referral", 6, "ends",
        title="Henvisninger til andre aktører",
        description="Henvisninger af ledige til andre aktører, med perioden, hvori aktøren havde adgang til borgerens"
        " oplysninger.",
        columns=(
            RECORD, CITIZEN,
            Column("provider", Kind.TEXT, "Den anden aktør"),
            Column("first_day", Kind.DATE, "Periodens første dag"),
            Column("last_day", Kind.DATE, "Periodens sidste dag"),
            Column("cancelled_on", Kind.DATE, "Dagen, fra hvilken henvisningen var annulleret", nullable=True),
            UPDATED_AT,
        ),
        left_out=ENGINE | {"ends": "computed from the period"},
    ),
    Area(
        "joblog", "RET-4", "register.joblog_entry", 6, "updated_on",
        title="Joblog, obligatoriske felter",
        description="Lediges registreringer af de job, de har søgt. Kun de obligatoriske felter: de frivillige slettes"
        " efter fire år og afleveres ikke.",
        columns=(
            RECORD, CITIZEN,
            Column("applied_on", Kind.DATE, "Dagen, hvor jobbet blev søgt"),
            Column("employer", Kind.TEXT, "Arbejdsgiveren"),
            Column("position", Kind.TEXT, "Den søgte stilling"),
            Column("how_applied", Kind.TEXT, "Hvordan jobbet blev søgt"),
            UPDATED_AT,
        ),
        left_out=ENGINE
        | {"updated_on": "the day of updated_at", "emptied": "whether the voluntary fields have gone"}
        | dict.fromkeys(("contact_person", "advert_link", "note", "follow_up_on", "answer"), "voluntary (RET-3)"),
    ),
)  # fmt: skip

BY_NAME = {area.name: area for area in AREAS}
