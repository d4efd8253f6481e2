"""Readers of the tables while faults strike: they must see right data at every moment, not only at the end.

They connect to the database without a proxy, and connect again when it was away.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random

import psycopg
from psycopg import Connection, sql

from schemas.dates import midnight
from schemas.referrals import ReferralRecorded
from tests.faults.load.country import Country
from tests.faults.load.environment import Environment
from tests.faults.load.intruder import Intruder
from tests.faults.oracles.expected import expected_result
from tests.faults.oracles.expected_access import referred
from tests.faults.oracles.result import ExpectedResult

INTERVAL_S = 0.2
SHOWN = 5
Look = Callable[[Connection], None]

_MAILBOX = "select about, id::text from mailbox.visible where recipient = %s order by number"
_STATUS = "select citizen, from_day, must_register, must_be_searchable, jobcentre, fund from cv.status"
_PARKED = "select subject from dead_letter.letter where consumer = 'referral-register' and subject is not null"
_GONE = """
select 'entry without a receipt', e.id from unnest(%(entries)s::text[]) e (id)
where not exists (select from register.joblog_entry t where t.record = e.id)
    and not exists (select from retention.receipt r where r.record = e.id and r.area = 'joblog-mandatory')
union all select 'check without a receipt', c.id from unnest(%(checks)s::text[]) c (id)
where not exists (select from register.job_suggestion_check t where t.record = c.id)
    and not exists (select from retention.receipt r where r.record = c.id and r.area = 'job-suggestion-checks')
union all select 'entry in spite of its receipt', t.record from register.joblog_entry t
    join retention.receipt r on r.record = t.record and r.area = 'joblog-mandatory'
union all select 'fields in spite of their receipt', t.record from register.joblog_entry t
    join retention.receipt r on r.record = t.record and r.area = 'joblog-voluntary' where not t.emptied
union all select 'check in spite of its receipt', t.record from register.job_suggestion_check t
    join retention.receipt r on r.record = t.record and r.area = 'job-suggestion-checks'
"""


class Readers:
    """`wrong`: wrong data that was seen. `looks`: how many looks there were."""

    def __init__(self, environment: Environment, load: Country) -> None:
        self._environment, self._load, self._expected = environment, load, expected_result(load)
        self._luck = Random(environment.seed)
        self.wrong: list[str] = []
        self.intruder = Intruder(self._tell)
        self.looks = 0
        self._seen: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._standing: dict[str, int] = defaultdict(int)
        self._referrals = [fact.event for fact in load.facts if isinstance(fact.event, ReferralRecorded)]
        self._known: dict[str, set[str]] = {"entries": set(), "checks": set()}
        self._done = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, args=(look,), daemon=True)
            for look in (self._mailbox, self._citizen, self._provider, self._registers, self.intruder.look)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _read(self, look: Look) -> None:
        while not self._done.is_set():
            try:
                with psycopg.connect(self._environment.system.dsn, connect_timeout=2, autocommit=True) as connection:
                    while not self._done.wait(INTERVAL_S) and self._luck.random() > 0.02:  # now and then it hangs up
                        look(connection)
                        self.looks += 1
            except psycopg.OperationalError:
                self._done.wait(INTERVAL_S)

    def _tell(self, what: str) -> None:
        if len(self.wrong) < SHOWN:
            self.wrong.append(f"seen on the way: {what}")

    def _mailbox(self, connection: Connection) -> None:
        """The notices about a citizen in a mailbox only grow at the end: those that were read stay, in their order."""
        recipient = f"jc-{self._luck.randrange(98)}"
        found = connection.execute(_MAILBOX, (recipient,)).fetchall()
        for about in {about for about, _ in self._seen[recipient]}:
            before = [id_ for who, id_ in self._seen[recipient] if who == about]
            now = [id_ for who, id_ in found if who == about]
            if now[: len(before)] != before:
                self._tell(f"mailbox {recipient} about {about}: {now} after {before}")
        self._seen[recipient] = found

    def _citizen(self, connection: Connection) -> None:
        """A citizen's status is always an expected one, and never older than the one seen before."""
        for citizen, from_day, register, searchable, jobcentre, fund in connection.execute(_STATUS).fetchall():
            seen = from_day, register, searchable, jobcentre, fund
            at = _place(self._expected, citizen, seen, self._standing[citizen])
            if at is None:
                self._tell(f"status of {citizen}: {seen} is none that may follow number {self._standing[citizen]}")
            else:
                self._standing[citizen] = at

    def _provider(self, connection: Connection) -> None:
        """At any moment a provider reads only about citizens whom a recorded referral opens to it, and about none whom
        garbage parks: nobody settles these letters."""
        day = self._load.days[0][0] + timedelta(days=self._luck.randrange(-5, len(self._load.days)))
        provider = f"p-{self._luck.randrange(5)}"
        with connection.transaction(force_rollback=True):
            connection.execute("update access.clock set moment = %s", (midnight(day) + timedelta(hours=12),))
            parked = {citizen for (citizen,) in connection.execute(_PARKED)}
            try:
                with connection.transaction():
                    role = sql.Identifier(f"provider_{provider}")
                    connection.execute(sql.SQL("set local role {}").format(role))
                    found = {citizen for (citizen,) in connection.execute("select citizen from provider.referral")}
            except psycopg.errors.UndefinedObject:  # it is not recorded yet
                return
        for citizen in found - (self._referred(provider, day) - parked):
            self._tell(f"{provider} reads about {citizen} on {day}")

    def _referred(self, provider: str, day: date) -> set[str]:
        return {each.citizen for each in self._referrals if each.provider == provider and referred(each, day)}

    def _registers(self, connection: Connection) -> None:
        """Every snapshot has a record that was seen before, or its receipt; never neither, never both."""
        with connection.transaction():
            connection.execute("set transaction isolation level repeatable read")
            asked = {name: list(records) for name, records in self._known.items()}
            for what, record in connection.execute(_GONE, asked).fetchall():
                self._tell(f"{what}: {record}")
            for name, table in (("entries", "register.joblog_entry"), ("checks", "register.job_suggestion_check")):
                query = sql.SQL("select record from {}").format(sql.Identifier(*table.split(".")))
                self._known[name].update(record for (record,) in connection.execute(query).fetchall())


def _place(expected: ExpectedResult, citizen: str, seen: tuple[object, ...], least: int) -> int | None:
    """The number of the first change, from `least` on, that leads to the status seen; None when there is none."""
    for number, change in enumerate(expected.changes.get(citizen, [])[least:], least):
        now = change.now
        if seen == (change.from_day, now.register, now.searchable, now.jobcentre, now.fund):
            return number
    return None


@contextmanager
def readers(environment: Environment, load: Country) -> Iterator[Readers]:
    """Readers that read for the time of the block."""
    reading = Readers(environment, load)
    reading.start()
    try:
        yield reading
    finally:
        reading.stop()
