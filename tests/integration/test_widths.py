"""Every command at 80 and at 120 columns, piped and without colours: whole words, and nothing beyond the edge."""

import json
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from consumers import journal, mailboxes
from infra.cli import app
from infra.demo.screens import READING
from infra.engine.consumer import register
from infra.errors import TransientError
from infra.kafka import admin, assigned
from infra.postgres import connect
from producers.classification import import_titles
from schemas.topics import DAY_BEGUN
from streams.policies.title_table import outcome_of
from tests.access_builders import PROVIDER, provider, referral
from tests.builders import NO_DUTY, REGISTER, change_notice, changed, situation
from tests.consumers.access_lab import applied
from tests.consumers.batches import set_ceiling, slice_connection
from tests.integration.looking import AWAY, COULD_NOT, FINE, Desk, desk
from tests.integration.system import wait_for
from tests.integration.test_canaries import CHANGING
from tests.integration.test_cli import SAMPLE, commands
from tests.integration.test_explain import happened

__all__ = ["desk"]
WIDTHS, WIDE, FRAME = (80, 120), 2_000, {*"─╭╮╰╯│"}

CITIZEN, USER, AT = "c-" + "5f" * 16, "u-" + "6a" * 16, "2021-06-14 08:00"
CONSUMER, TOPIC = "job-ad-numbers", "dfdg.vitas-user-reactivated-recorded-v1"
REASON = "not a valid vitas-user-reactivated-recorded.v1: reactivated_by: must be of letters, digits and hyphens only"
ASKED: Mapping[str, tuple[str, ...]] = {
    "status": (), "notices": ("jobcentre-1",), "explain": (CITIZEN,), "story": ("citizen",), "topics": (),
    "dead-letters list": (), "dead-letters show": ("1",), "titles suggest": ("tro",), "titles label": ("5120.1",),
    "flood list": (), "vitas users": ("jobcentre-1", "--all"), "provider list": (),
    "provider show": (PROVIDER, "--at", "2021-06-15"), "jobkon usage": (), "archive list": (),
    "retention plan": ("2021-06-14", "--records"), "retention status": (), "retention open-ended": (),
}  # fmt: skip
NO_TABLE = {
    "watch",
    "flow",
    "texts",
    "snapshot",
    "titles export",
    "archive verify",
    "retention receipts",
    "retention verify",
}
"""They print or write lines for programs."""

FILL = """
insert into dead_letter.letter
    (consumer, topic, partition, at_offset, key, subject, headers, reason, buried_at, status)
select %(consumer)s, %(topic)s, 3, n, convert_to(%(citizen)s, 'utf8'), %(citizen)s, '[]', %(reason)s, now(),
    case n when 1 then 'new' else 'discarded' end from generate_series(1, 2) n;
insert into dead_letter.act (consumer, slice, act, letter, who, outcome, done_at)
select consumer, partition, 'redrive', id, 'Anna Birgitte Holm', 'refused: ' || reason, now() from dead_letter.letter;
insert into ledger.state (decision, slice, subject, body, wakes_on, cause)
values ('cv-requirement', 0, %(citizen)s, '{"rule": "CV-1"}', '2021-09-18', gen_random_uuid());
insert into vitas.user select %(user)s, false, '2021-06-14', 'jobcentre-1', 'company-' || %(user)s, now(),
    'VIT-2 the company has ended', gen_random_uuid();
insert into jobkon.usage values (%(user)s, 'joblog-view', 0, current_date);
insert into archive.run (area, due_by, folder, began_at, began_by)
select 'job-suggestion-checks', '2022-06-14', '/srv/archive', now(), 'Anna Birgitte Holm' from generate_series(1, 2);
insert into archive.delivery (delivery, area, made_at, records, files, rejection, rejected_at, rejected_by)
values ('AVID.STAR.1.1', 'job-suggestion-checks', now(), 1000000, 12, 'tableIndex: wrong description of c4', now(),
    'Anna Birgitte Holm');
insert into register.job_suggestion_check values ('check-' || %(user)s, %(citizen)s, 0, '2015-06-01', 'acknowledged',
    '2015-06-01 10:00+02', 'open');
"""


@pytest.fixture
def full(desk: Desk) -> Desk:
    """Something to show for each command, with ids as long as the edge makes them."""
    notices = [
        change_notice(AT, recipient, before=NO_DUTY, now=REGISTER).model_copy(update={"about": CITIZEN})
        for recipient in ("jobcentre-1", "fund-1")
    ]
    changes = changed(AT, before=NO_DUTY, now=REGISTER).model_copy(update={"citizen": CITIZEN})
    facts = happened(situation(AT, citizen=CITIZEN), changes, *notices)
    with slice_connection(desk.dsn) as connection:
        set_ceiling(connection, 1)
        journal.apply(connection, facts)
        mailboxes.apply(connection, facts[2:])
        applied(connection, provider(), referral(AT, "2021-06-14", "2021-06-30", citizen=CITIZEN))
    with psycopg.connect(desk.dsn) as owner:
        known = {"consumer": CONSUMER, "topic": TOPIC, "citizen": CITIZEN, "user": USER, "reason": REASON}
        psycopg.ClientCursor(owner).execute(FILL, known)  # which takes several statements
        register(owner, "registers", {DAY_BEGUN.name: "its id"})
        owner.execute("update ledger.slice set day = '2021-06-14'")
    files = [SAMPLE / name for name in ("escostar_occupations.csv", "esco_to_escostar.csv", "labels_da.csv")]
    with connect(desk.dsn, "test") as connection:
        import_titles(connection, files[0], files[1], outcome_of, None, files[2])
    desk.dfdg("provider", "grant", PROVIDER, "--who", "Anna Holm")
    wait_for("the groups' coordinator in a new Kafka", lambda: groups_answer(desk))
    return desk


def groups_answer(desk: Desk) -> bool:
    try:
        return bool(assigned(admin(desk.addresses.kafka), [CONSUMER]))
    except TransientError:
        return False


def shown(desk: Desk, width: int, folder: Path, *arguments: str) -> str:
    environment = {**desk.environment, "COLUMNS": str(width), "NO_COLOR": "1", "DFDG_STATE": str(folder)}
    done = CliRunner().invoke(app, list(arguments), env=environment)
    assert done.exit_code in (FINE, COULD_NOT, AWAY), done.output  # 1: `status` finds the engine at rest
    return done.stdout


def test_every_command_that_shows_something_is_looked_at() -> None:
    every = {" ".join(path) for path in commands(get_command(app))}  # type: ignore[arg-type] # it is a group
    assert every - CHANGING == ASKED.keys() | NO_TABLE
    assert ASKED.keys() | NO_TABLE == READING


@pytest.mark.parametrize("width", WIDTHS)
def test_no_cell_is_broken_inside_a_word_and_no_table_is_wider_than_its_terminal(
    full: Desk, width: int, tmp_path: Path
) -> None:
    wrong = []
    redrive = ("dead-letters redrive", ("--letter", "1", "--who", "Anna Holm"))
    for command, arguments in [*ASKED.items(), redrive]:
        narrow, wide = (shown(full, columns, tmp_path, *command.split(), *arguments) for columns in (width, WIDE))
        wrong += [f"{command}: {line}" for line in narrow.splitlines() if is_cell(line) and len(line) > width]
        wrong += [f"{command}: {word}" for word in set(narrow.split()) - set(wide.split()) if not set(word) <= {"─"}]
        assert "\x1b" not in narrow
        assert command == "status" or len(narrow.splitlines()) > 2, f"{command} shows nothing"
    assert wrong == []


def is_cell(line: str) -> bool:
    """False of what is told in one piece, so that it can be searched for: a terminal breaks it where it likes."""
    return not line.startswith(("Dead letter ", "  So "))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", list(commands(get_command(app))), ids=" ".join)  # type: ignore[arg-type] # a group
def test_the_help_of_every_command_keeps_to_its_terminal(path: tuple[str, ...], width: int) -> None:
    narrow, wide = (
        CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": str(columns), "NO_COLOR": "1"}).output
        for columns in (width, WIDE)
    )
    lines = [line.strip() for line in narrow.splitlines()]
    assert [line for line in lines if len(line) > width] == []
    assert {word for word in narrow.split() if not set(word) <= FRAME} <= {*wide.split()}, "a broken word"
    examples = [line.strip() for line in wide.splitlines() if "  dfdg " in line]
    assert [line for line in examples if line not in lines] == [], "a broken example"


def test_columns_that_are_left_out_are_named_and_json_has_them(full: Desk, tmp_path: Path) -> None:
    environment = {**full.environment, "COLUMNS": "80", "DFDG_STATE": str(tmp_path)}
    done = CliRunner().invoke(app, ["explain", CITIZEN], env=environment)
    assert "Left out at 80 columns: event, because of; --json has all." in done.stderr
    (found,) = full.json("explain", CITIZEN)
    assert len(found["steps"][0]["id"]) == 32
    assert found["steps"][0]["id"] in shown(full, WIDE, tmp_path, "explain", CITIZEN), "the same spelling"
    assert "when (Copenhagen)" in done.stdout
    assert json.loads(shown(full, 80, tmp_path, "explain", CITIZEN, "--json")) == [found]
