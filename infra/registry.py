"""The schema registry: `dfdg init` registers our schemas once; readers look up the schema that a record was written
with."""

import json
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar, cast

import fastavro
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.common._httpx_compat import httpx  # its errors come through the client
from confluent_kafka.schema_registry.error import SchemaRegistryError

from infra.errors import TransientError
from infra.log import answered
from infra.schema_ids import KnownSchema, SchemaIds, same
from schemas.codec import UnreadableError, contract, contract_text
from schemas.lint import dangers
from schemas.topic import Topic

COMPATIBILITY = "FULL_TRANSITIVE"
"""Readers and writers of all versions understand each other. Set for each subject: a registry's default may be none."""

REQUEST_TIMEOUT_S = 5.0  # it answers in milliseconds, or something is wrong with it
RETRIES, RETRY_WAIT_MS = 1, 100  # for a stale connection; our callers ask again, with their own back-off
MAX_SCHEMA_ID = 2**31 - 1  # a registry's ids are Java ints
T = TypeVar("T")


class RegistryAwayError(TransientError):
    """The registry cannot be reached or gives no answer: nothing is known about the record yet. The caller asks
    again."""

    def __init__(self, text: str) -> None:
        super().__init__(text, away="registry")


class RegistrationError(Exception):
    """One of our schemas is not in the registry; the text names the subject and says what to do."""


class Registry:
    """A client of the registry at `url`, by Confluent's interface. Several threads may use it.

    With the `dsn` of a database an id keeps the meaning that the database knows, and is read without the registry.
    """

    def __init__(self, url: str, dsn: str | None = None) -> None:
        limits = {"timeout": REQUEST_TIMEOUT_S, "max.retries": RETRIES}
        waits = {"retries.wait.ms": RETRY_WAIT_MS, "retries.max.wait.ms": RETRY_WAIT_MS}
        self._client = SchemaRegistryClient({"url": url} | limits | waits)
        self._place = url.rpartition("@")[2]  # for messages: without a user and password
        self._writers: dict[tuple[int, str], Any] = {}
        self._known = SchemaIds(dsn) if dsn else None

    def register_all(self, topics: Iterable[Topic]) -> dict[str, int]:
        """Registers the current schema of every topic and returns its id by topic name. A second call is harmless.

        Registers nothing in a registry that does not have all that the database knows.
        """
        known = self._known.all() if self._known is not None else []
        if lost := [each for each in known if not self.has(each)]:
            raise RegistrationError(
                f"The registry lacks {len(lost)} schemas that records were written with, the first {lost[0].subject}"
                f" with id {lost[0].id}: it was lost, or is another one. Nothing was registered, for the same schema"
                " would get another id. Point to the right one, or put them back into an empty one: `dfdg registry"
                " import`."
            )
        return self._kept({topic: self._register(topic) for topic in topics})

    def resolve(self, topics: Iterable[Topic]) -> dict[str, int]:
        """The ids of our current schemas by topic name; registers nothing. Called once, at start-up."""
        return self._kept({topic: self._look_up(topic) for topic in topics})

    def writer_schema(self, schema_id: int, topic: Topic) -> Any:
        """The parsed schema with that id, if it is registered for the topic and safe to read.

        Raises `UnreadableError` when there certainly is none, and `RegistryAwayError` when that is not known.
        """
        if (schema_id, topic.name) not in self._writers:
            self._writers[schema_id, topic.name] = self._fetch(schema_id, topic)
        return self._writers[schema_id, topic.name]

    def has(self, known: KnownSchema) -> bool:
        """Whether the registry has the schema under that id and subject. `AlarmError` if the id is another schema's."""
        try:
            found = self._ask(lambda: self._client.get_schema(known.id)).schema_str
            subjects = self._subjects(known.id)
        except SchemaRegistryError:
            return False
        if self._known is not None and not same(known.text, str(found)):
            self._known.keep([known._replace(text=str(found))])
        return known.subject in subjects

    def versions(self) -> list[KnownSchema]:
        """All that the registry has, by id."""
        ask, client = self._ask, self._client
        places = [
            (subject, version)
            for subject in ask(client.get_subjects)
            for version in ask(partial(client.get_versions, subject))
        ]
        found = [(subject, ask(partial(client.get_version, subject, version))) for subject, version in places]
        return sorted(
            KnownSchema(int(each.schema_id or 0), subject, str(each.schema.schema_str)) for subject, each in found
        )

    def put(self, subject: str, text: str, compatibility: str = COMPATIBILITY) -> int:
        """Registers a schema, and returns the id that it got."""
        self._ask(lambda: self._client.set_compatibility(subject, compatibility))
        return self._ask(lambda: self._client.register_schema(subject, Schema(text, "AVRO")))

    def delete(self, subject: str) -> None:
        self._ask(lambda: self._client.delete_subject(subject))

    def _kept(self, ids: dict[Topic, int]) -> dict[str, int]:
        if self._known is not None:
            found = [(id_, topic.subject, contract_text(topic.event.SCHEMA)) for topic, id_ in ids.items()]
            self._known.keep(KnownSchema(*each) for each in found)
        return {topic.name: id_ for topic, id_ in ids.items()}

    def _register(self, topic: Topic) -> int:
        try:
            return self._ours(topic, self.put(topic.subject, contract_text(topic.event.SCHEMA)))
        except SchemaRegistryError as error:
            raise RegistrationError(
                f"The registry refused {topic.event.SCHEMA} for {topic.subject}: {error.error_message}. A released"
                f" schema may only gain optional fields ({COMPATIBILITY}); a breaking change is a new topic -v2."
            ) from error

    def _look_up(self, topic: Topic) -> int:
        try:
            found = self._ask(lambda: self._client.lookup_schema(topic.subject, _schema(topic)))
        except SchemaRegistryError as error:
            raise RegistrationError(f"{topic.subject} lacks {topic.event.SCHEMA}: run `dfdg init`.") from error
        return self._ours(topic, cast(int, found.schema_id))

    def _ours(self, topic: Topic, schema_id: int) -> int:
        self._writers[schema_id, topic.name] = contract(topic.event.SCHEMA)
        return schema_id

    def _fetch(self, schema_id: int, topic: Topic) -> Any:
        if self._known is not None and (text := self._known.text(schema_id, topic.subject)) is not None:
            ours = contract_text(topic.event.SCHEMA)
            return contract(topic.event.SCHEMA) if same(text, ours) else _safe(schema_id, text)
        unknown = UnreadableError(f"schema {schema_id} is not registered for {topic.subject}")
        try:
            if schema_id > MAX_SCHEMA_ID or topic.subject not in self._subjects(schema_id):
                raise unknown
            text = self._ask(lambda: self._client.get_schema(schema_id, topic.subject)).schema_str
        except SchemaRegistryError:
            raise unknown from None
        schema = _safe(schema_id, text)
        if self._known is not None:
            self._known.keep([KnownSchema(schema_id, topic.subject, str(text))])
        return schema

    def _subjects(self, schema_id: int) -> list[str]:
        return self._ask(lambda: self._client.get_subjects_by_schema_id(schema_id))

    def _ask(self, question: Callable[[], T]) -> T:
        """The registry's answer. A definite refusal stays a `SchemaRegistryError`; else `RegistryAwayError`."""
        asked = time.monotonic()
        try:
            answer = question()
        except SchemaRegistryError as error:
            # A 404 without one of these codes comes from another server at that address, and says nothing.
            if error.http_status_code in (409, 422) or error.error_code in (40401, 40402, 40403):
                raise
            raise RegistryAwayError(f"the schema registry at {self._place} answers {error}") from error
        except (httpx.HTTPError, ValueError) as error:  # ValueError: an answer, as from a proxy, that is not JSON
            raise RegistryAwayError(f"the schema registry at {self._place} is away: {type(error).__name__}") from error
        answered("registry", asked, hear_out_s=0.0)
        return answer


def _schema(topic: Topic) -> Schema:
    return Schema(contract_text(topic.event.SCHEMA), "AVRO")


def _safe(schema_id: int, text: Any) -> Any:
    """The parsed schema. Raises `UnreadableError` when it is not Avro or would be dangerous to read."""
    try:
        schema = fastavro.parse_schema(json.loads(text))
        found = dangers(schema)
    except Exception as error:  # all of fastavro's: it reads this text only, and has classes of its own
        raise UnreadableError(f"schema {schema_id} is no Avro that we can read ({type(error).__name__})") from error
    if found:
        raise UnreadableError(f"schema {schema_id} is not safe to read: {'; '.join(found)}")
    return schema
