"""The proxy makes exactly its documented faults on connections to real servers."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.faults.inject.proxy import Proxy
from tests.faults.inject.wire import Cut, KafkaWire, PostgresWire
from tests.integration.system import wait_for


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    with Proxy(int(str(conninfo_to_dict(database)["port"])), PostgresWire) as proxy:
        yield proxy


@pytest.fixture
def through(database: str, proxy: Proxy) -> str:
    with psycopg.connect(database) as connection:
        connection.execute("create table marks (mark int)")
    return make_conninfo(database, port=proxy.port, connect_timeout=5)


def marks(database: str) -> int:
    with psycopg.connect(database) as connection:
        (count,) = connection.execute("select count(*) from marks").fetchone() or (0,)
    return int(count)


def test_a_commit_whose_reply_is_lost_has_been_done_and_the_client_cannot_know(
    database: str, through: str, proxy: Proxy
) -> None:
    with psycopg.connect(through) as connection:
        connection.execute("insert into marks values (1)")
        proxy.lose["commit"] = 1
        with pytest.raises(psycopg.OperationalError):
            connection.commit()
    assert (marks(database), proxy.lost["commit"]) == (1, 1)
    with psycopg.connect(through) as connection:
        connection.execute("insert into marks values (2)")
    assert marks(database) == 2


@pytest.mark.parametrize("reset", [False, True])
def test_a_cut_ends_what_is_open_and_lets_the_next_one_in(
    database: str, through: str, proxy: Proxy, reset: bool
) -> None:
    with psycopg.connect(through) as connection:
        connection.execute("insert into marks values (1)")
        assert proxy.cut(reset=reset) == 1
        with pytest.raises(psycopg.OperationalError):
            connection.commit()
    assert marks(database) == 0
    with psycopg.connect(through) as connection:
        connection.execute("insert into marks values (1)")
    assert marks(database) == 1


def test_bytes_one_by_one_are_the_same_bytes(database: str, through: str, proxy: Proxy) -> None:
    proxy.slice_bytes = 1
    with psycopg.connect(through) as connection:
        connection.execute("insert into marks select generate_series(1, 10)")
        assert connection.execute("select sum(mark) from marks").fetchone() == (55,)
    assert marks(database) == 10


def test_what_is_muted_one_way_is_done_and_its_answer_comes_once_it_is_healed(
    database: str, through: str, proxy: Proxy
) -> None:
    with psycopg.connect(through, autocommit=True) as connection:
        proxy.muted.add("down")
        waiting = threading.Thread(target=connection.execute, args=("insert into marks values (1)",))
        waiting.start()
        wait_for("the insert to be done", lambda: marks(database) == 1)
        assert waiting.is_alive(), "the answer came through"
        proxy.heal()
        waiting.join(60)
        assert not waiting.is_alive()
    assert marks(database) == 1


def test_who_is_refused_gets_in_once_it_is_healed(database: str, through: str, proxy: Proxy) -> None:
    proxy.refusing = True
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(through)
    proxy.heal()
    psycopg.connect(through).close()
    assert marks(database) == 0


def test_of_kafkas_replies_only_that_to_the_request_of_its_kind_is_lost() -> None:
    lose = ["produce"]
    wire = KafkaWire(lambda kind: kind in lose)
    fetch, produce = b"\0\0\0\x08\0\x01\0\x0c\0\0\0\x07", b"\0\0\0\x08\0\0\0\x0c\0\0\0\x08"
    assert wire.up(fetch[:5]) + wire.up(fetch[5:] + produce) == fetch + produce
    answer = b"\0\0\0\x06\0\0\0\x07ab"
    assert wire.down(answer[:9]) == b""
    assert wire.down(answer[9:]) == answer
    with pytest.raises(Cut):
        wire.down(b"\0\0\0\x04\0\0\0\x08")
