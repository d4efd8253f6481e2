"""A registry that was lost: what ids in records mean stays known, none is given anew, and all go back as they were."""

import json
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from infra.addresses import Addresses
from infra.errors import AlarmError
from infra.local import Stack, registry
from infra.local.fetch import default_folder
from infra.local.state import State
from infra.registry import RegistrationError, Registry, RegistryAwayError
from infra.registry_copy import as_line, from_lines, put_back
from infra.schema_ids import KnownSchema, SchemaIds
from schemas.codec import UnreadableError, decode, encode, frame
from schemas.event import Event
from schemas.topic import Topic
from schemas.topics import CV_EXEMPTION_RECORDED, SITUATION_RECORDED, TITLE_HELD_RECORDED
from tests.builders import situation

TOPICS = (SITUATION_RECORDED, CV_EXEMPTION_RECORDED, TITLE_HELD_RECORDED)
STRANGER = json.dumps({"type": "record", "name": "Stranger", "fields": []})
START_S = 120.0
NOBODY = "http://127.0.0.1:9/apis/ccompat/v7"


@contextmanager
def new_registry(stack: Stack, folder: Path) -> Iterator[str]:
    """The address of a registry whose database is empty; both are gone afterwards."""
    state, name = State.load(stack.folder), f"registry_{folder.name}"
    assert state is not None
    ports = tuple(State.create(folder, 1).ports["registry"])
    (database,) = state.ports["postgres"]
    programs, password = default_folder().resolve(), state.passwords["apicurio"]
    server = registry.server(folder, programs, (ports[0], ports[1]), database, password)
    url = f"jdbc:postgresql://127.0.0.1:{database}/{name}"
    server = replace(server, environment=dict(server.environment) | {"APICURIO_DATASOURCE_URL": url})
    with closing(psycopg.connect(make_conninfo(stack.up().dsn, dbname="postgres"), autocommit=True)) as connection:
        connection.execute(sql.SQL("create database {} owner apicurio").format(sql.Identifier(name)))
        process = server.launch()
        try:
            server.wait(process, START_S)
            server.settle()
            yield registry.url(ports[0])
        finally:
            process.send(signal.SIGKILL)
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def as_read(found: Registry, raw: bytes, topic: Topic = SITUATION_RECORDED) -> Event:
    framed = frame(raw)
    return decode(framed.body, found.writer_schema(framed.schema_id, topic), topic.event)


def test_after_a_lost_registry_records_are_read_no_id_is_given_anew_and_all_come_back_as_they_were(
    stack: Stack, database: str, tmp_path: Path
) -> None:
    fact = situation("2021-06-14")
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    with new_registry(stack, folders[0]) as url:
        first = Registry(url, database)
        assert first.put("dfdg.strangers-value", STRANGER) == 1
        ids = first.register_all(reversed(TOPICS))
        assert sorted(ids.values()) == [2, 3, 4]
        record, before = encode(fact, ids[SITUATION_RECORDED.name]), first.versions()
        lines = list(map(as_line, before))
    with new_registry(stack, folders[1]) as url:
        second = Registry(url, database)
        with pytest.raises(RegistrationError, match=r"lacks 3 schemas.*Nothing was registered.*dfdg registry import"):
            second.register_all(TOPICS)
        assert second.versions() == []
        assert as_read(second, record) == fact

        assert put_back(second, SchemaIds(database).all()) == 3
        assert second.versions() == before[1:], "what our engine has never met takes its number only"
        assert Registry(url, database).register_all(TOPICS) == ids
        with pytest.raises(RegistrationError, match=r"strangers-value the id \d+ where records have 1"):
            put_back(second, from_lines(lines))
    assert as_read(Registry(NOBODY, database), record) == fact, "no registry is needed for what is known"
    with pytest.raises(RegistryAwayError):
        Registry(NOBODY, database).writer_schema(99, SITUATION_RECORDED)


def test_a_registry_that_gives_a_known_id_to_another_schema_is_refused_at_the_start_and_when_it_is_asked(
    addresses: Addresses, database: str
) -> None:
    ids = Registry(addresses.registry).register_all(TOPICS)
    SchemaIds(database).keep([KnownSchema(ids[SITUATION_RECORDED.name], "dfdg.other-v1-value", STRANGER)])
    for ask in (Registry.resolve, Registry.register_all):
        with pytest.raises(AlarmError, match=r"it is another registry.*dfdg registry import"):
            ask(Registry(addresses.registry, database), TOPICS)
    with pytest.raises(AlarmError, match="it is another registry"):
        Registry(addresses.registry, database).writer_schema(ids[SITUATION_RECORDED.name], SITUATION_RECORDED)
    assert [each.subject for each in SchemaIds(database).all()] == ["dfdg.other-v1-value"]


def test_nothing_is_registered_where_a_schema_is_missing_that_records_were_written_with(
    addresses: Addresses, database: str
) -> None:
    topic = Topic(f"dfdg.test-{uuid4().hex}-v1", SITUATION_RECORDED.event)
    SchemaIds(database).keep([KnownSchema(2**31 - 2, "dfdg.lost-v1-value", STRANGER)])
    with pytest.raises(RegistrationError, match=r"lacks 1 schemas.*dfdg.lost-v1-value.*Nothing was registered"):
        Registry(addresses.registry, database).register_all([topic])
    with pytest.raises(RegistrationError, match=f"{topic.subject} lacks"):
        Registry(addresses.registry).resolve([topic])


def test_a_schema_that_is_met_in_a_record_is_known_from_then_on(addresses: Addresses, database: str) -> None:
    id_ = Registry(addresses.registry).register_all([SITUATION_RECORDED])[SITUATION_RECORDED.name]
    known = Registry(addresses.registry, database)
    known.writer_schema(id_, SITUATION_RECORDED)
    assert [(each.id, each.subject) for each in SchemaIds(database).all()] == [(id_, SITUATION_RECORDED.subject)]
    with pytest.raises(UnreadableError):
        known.writer_schema(id_, CV_EXEMPTION_RECORDED)
    assert len(SchemaIds(database).all()) == 1


def test_a_file_that_is_no_export_puts_nothing_back() -> None:
    with pytest.raises(RegistrationError, match="no file of `dfdg registry export`"):
        from_lines(['{"id": 1}\n'])
