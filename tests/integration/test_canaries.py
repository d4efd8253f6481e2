"""Canaries are found wherever they may not be, in each kind of place, and nowhere in what is clean (TIT-9, AD-2)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import LiteralString

import pytest
from confluent_kafka import Producer
from psycopg import Connection
from typer.main import get_command

from infra.cli import app
from infra.demo.canaries import Canaries, Kind, Place, canaries
from infra.demo.places import search, topics
from infra.demo.screens import READING, pieces
from infra.postgres import connect
from producers.cpr import made_up_cpr
from schemas.headers import RawHeaders
from schemas.topics import ADVERT_PUBLISHED, JOB_AD_SUBMITTED, TITLE_CHANGED, TITLE_REPLACED
from tests.integration.looking import Desk, desk, empty
from tests.integration.test_cli import commands
from tests.jobad_builders import ADVERT, CVR, P_NUMBER

__all__ = ["desk", "empty"]

CPR = made_up_cpr(7)
HOLDER, OTHER, TITLE = "c-" + "5f" * 16, "c-" + "6a" * 16, "5120001"
SOUGHT = Canaries(
    frozenset([CPR.encode()]),
    {HOLDER.encode(): frozenset([TITLE.encode()])},
    {CVR.encode(): frozenset([ADVERT.encode()]), P_NUMBER.encode(): frozenset([ADVERT.encode()])},
)
PUBLIC, OPEN, AUDIT, INTERNAL = (Place("place", kind) for kind in Kind)
SPELLED = (
    f"{CPR[:6]}\u2011{CPR[6:]}", f"{CPR[:6]} - {CPR[6:]}", f"{CPR[:2]}.{CPR[2:4]}.{CPR[4:6]}\u00a0{CPR[6:]}",
    f"{CPR[:4]}\u200b{CPR[4:]}", CPR.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
)  # fmt: skip
CHANGING = {
    "up", "init", "down", "demo", "run", "publish", "titles import", "clock to", "clock run", "clock simulate",
    "flood release", "flood discard", "flood announce", "provider grant", "provider revoke", "archive deliver",
    "archive approve", "archive reject", "retention hold", "retention release", "retention announce",
    "retention replay", "retention keygen", "registry export", "registry import",
    "dead-letters redrive", "dead-letters discard", "dead-letters accept", "dead-letters skip",
    "dead-letters set-aside", "replay",
}  # fmt: skip


def found(place: Place, *texts: str) -> bool:
    return SOUGHT.found(place, [text.encode() for text in texts])


@pytest.mark.parametrize("text", ["{}", "x{}y", "1{}2", "\x1a{}", "c-" + "0" * 32 + " {}", "a\t{}\tb"])
def test_a_cpr_number_is_found_everywhere_whatever_stands_beside_it_in_any_spelling(text: str) -> None:
    for place in (OPEN, PUBLIC, AUDIT, INTERNAL):
        for number in (CPR, f"{CPR[:6]}-{CPR[6:]}", f"{CPR[:6]} {CPR[6:]}", *SPELLED):
            assert found(place, "before", text.format(number), "after")


@pytest.mark.parametrize("text", ["", made_up_cpr(8), f"c-{'0' * 11}{CPR}{'f' * 11}", f"{CPR[:5]}\n{CPR[5:]}"])
def test_other_numbers_and_digits_inside_of_random_ids_are_no_find(text: str) -> None:
    assert not found(OPEN, *text.splitlines())


@pytest.mark.parametrize(
    ("text", "tied"),
    [
        (f"{HOLDER}\tadverts\t{TITLE}", True),
        (f'{{"holder": "{HOLDER}", "titles": [{{"title": "{TITLE}"}}]}}', True),
        (f'titles\t{{"holder": "{HOLDER}", "title": "{TITLE}"}}', True),
        (f"WARNING {HOLDER}: {TITLE} is retired", True),
        (f"{OTHER}\tadverts\t{TITLE}", False),  # it is that holder's own
        (f"{HOLDER}\tadverts\t5120.1", False),
    ],
)
def test_tit_9_a_replaced_title_is_found_with_its_holder_but_where_it_belongs(text: str, tied: bool) -> None:
    assert found(OPEN, "before", text) is tied
    assert not found(AUDIT, text)
    assert not found(INTERNAL, text)


@pytest.mark.parametrize("number", [CVR, P_NUMBER])
def test_ad_2_a_number_is_found_on_a_public_topic_always_and_elsewhere_with_its_anonymous_advert(number: str) -> None:
    assert found(PUBLIC, f"client-1\tvalue\x10{number}\x14")
    assert found(PUBLIC, "".join(chr(ord(digit) + 0xFEE0) for digit in number))
    assert found(OPEN, f"{number}\tjob-ads\t{ADVERT}")
    assert found(OPEN, f'{{"waiting": [{{"advert": "{ADVERT}", "cvr": "{number}"}}]}}')
    assert not found(OPEN, f"{number}\tcompany-registered.v1", f"{ADVERT}\tadvert-published.v1")
    assert not found(OPEN, f"{number}\t{ADVERT}0")
    assert not found(INTERNAL, f"{number}\tjob-ads\t{ADVERT}")


def test_what_is_shown_of_one_subject_belongs_together_and_so_does_each_element_of_a_list() -> None:
    def shown(printed: str, subject: str | None = None) -> bool:
        return SOUGHT.found(OPEN, list(pieces(printed, subject)))

    assert shown(f"What happened\n│ {TITLE} │", HOLDER)
    assert shown(f'[\n{{"holder": "{HOLDER}",\n"title": "{TITLE}"}}\n]')
    assert shown(f'{{"rows": [\n{{"holder": "{HOLDER}",\n"title": "{TITLE}"}}\n]}}')
    assert shown(f'{{"a": 1}}\n{{"holder": "{HOLDER}", "title": "{TITLE}"}}')
    assert not shown(f'[\n{{"holder": "{HOLDER}"}},\n{{"title": "{TITLE}"}}\n]')


def test_every_command_is_known_to_read_or_to_change_something() -> None:
    every = {" ".join(path) for path in commands(get_command(app))}  # type: ignore[arg-type] # it is a group
    assert every == READING | CHANGING
    assert not READING & CHANGING


COLUMNS = ("text", "text[]", "jsonb", "bytea")
PLANT: Mapping[str, LiteralString] = {
    "text": "select concat_ws(' ', %(words)s::text)",
    "text[]": "select string_to_array(%(words)s, ' ')",
    "jsonb": "select to_jsonb(string_to_array(%(words)s, ' '))",
    "bytea": "select convert_to(replace(%(words)s, ' ', chr(14)), 'UTF8')",
}
PLANTED = (CPR, f"{HOLDER} {TITLE}", f"{ADVERT} {CVR}", f"{ADVERT} {P_NUMBER}")


@pytest.fixture
def connection(empty: Desk) -> Iterator[Connection]:
    with closing(connect(empty.dsn, "test")) as connection:
        connection.autocommit = True
        yield connection


def looked(empty: Desk, connection: Connection, folder: Path, screens: Mapping[str, Sequence[bytes]]) -> list[str]:
    return search(SOUGHT, topics(SOUGHT, empty.addresses.kafka), connection, folder, screens).found


def test_each_canary_is_found_in_each_kind_of_place_on_real_servers_and_none_where_it_is_clean(
    empty: Desk, connection: Connection, tmp_path: Path
) -> None:
    log = tmp_path / "run.log"
    log.write_text(f"{OTHER} {TITLE}\n{CVR}\n{ADVERT}\n")
    clean = {"dfdg explain": [ADVERT.encode(), CVR.encode()]}
    put(empty, JOB_AD_SUBMITTED.name, b"client", f"{ADVERT} {CVR} {P_NUMBER}".encode())
    put(empty, TITLE_REPLACED.name, HOLDER.encode(), TITLE.encode())
    assert looked(empty, connection, tmp_path, clean) == []

    put(empty, ADVERT_PUBLISHED.name, ADVERT.encode(), b"Kok", [("ce_causationid", CVR.encode())])
    put(empty, TITLE_CHANGED.name, HOLDER.encode(), b"\x0e" + TITLE.encode() + b"1")
    put(empty, TITLE_REPLACED.name, CPR.encode(), b"")
    places = [f"topic {topic.name}" for topic in (ADVERT_PUBLISHED, TITLE_CHANGED, TITLE_REPLACED)]
    connection.execute("create schema planted")
    for kind in COLUMNS:
        for n, words in enumerate(PLANTED):
            name = f"planted.{kind.strip('[]')}{'_array' * kind.endswith(']')}_{n}"
            connection.execute(f"create table {name} as {PLANT[kind]}", {"words": words})
            places.append(f"table {name}")
    log.write_text(f"WARNING for {HOLDER}: {TITLE}\n")
    (tmp_path / "report.html").write_text(f"<h2>{HOLDER}</h2>\n<p>{TITLE}</p>\n")
    assert sorted(looked(empty, connection, tmp_path, {"dfdg x": [CPR.encode()]})) == sorted(
        [*places, "file report.html", "file run.log", "screen dfdg x"]
    )


def put(desk: Desk, topic: str, key: bytes, value: bytes, headers: RawHeaders | None = None) -> None:
    """In a compressed batch, in which the segment shows nothing of it."""
    producer = Producer({"bootstrap.servers": desk.addresses.kafka, "compression.type": "lz4", "linger.ms": 50})
    for _ in range(20):
        producer.produce(topic, value, key, 0, headers=headers or [])
    assert producer.flush() == 0


def test_the_originals_are_the_audits_but_for_a_title_that_its_holder_still_shows(connection: Connection) -> None:
    connection.execute(
        "insert into audit.replaced_title (slice, holder, holder_kind, area, item, original, table_version,"
        " replaced_at, event_id) select 0, %s, 'citizen', 'a', title, title, 'v', now(), gen_random_uuid()"
        " from unnest(%s::text[]) title",
        (HOLDER, [TITLE, "5120002"]),
    )
    connection.execute(
        "insert into titles.held (holder, area, item, slice, holder_kind, scheme, title)"
        " values (%s, 'my-plan', 'goal-1', 0, 'citizen', 'discoams08', '5120002')",
        (HOLDER,),
    )
    assert canaries([CPR], connection, {CVR: [ADVERT]}) == Canaries(
        SOUGHT.cprs, SOUGHT.originals, {CVR.encode(): frozenset([ADVERT.encode()])}
    )
