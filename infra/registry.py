"""The schema registry: `dfdg init` registers our schemas once; readers look up the schema that a record was written
with."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

import fastavro
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.common._httpx_compat import httpx  # its errors come through the client
from confluent_kafka.schema_registry.error import SchemaRegistryError

from infra.errors import TransientError
from infra.log import answered
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
    """A client of the registry at `url`, by Confluent's interface. Several threads may use it."""

    def __init__(self, url: str) -> None:
        limits = {"timeout": REQUEST_TIMEOUT_S, "max.retries": RETRIES}
        waits = {"retries.wait.ms": RETRY_WAIT_MS, "retries.max.wait.ms": RETRY_WAIT_MS}
        self._client = SchemaRegistryClient({"url": url} | limits | waits)
        self._place = url.rpartition("@")[2]  # for messages: without a user and password
        self._writers: dict[tuple[int, str], Any] = {}

    def register_all(self, topics: Iterable[Topic]) -> dict[str, int]:
        """Registers the current schema of every topic and returns its id by topic name. A second call is harmless."""
        return {topic.name: self._register(topic) for topic in topics}

    def resolve(self, topics: Iterable[Topic]) -> dict[str, int]:
        """The ids of our current schemas by topic name; registers nothing. Called once, at start-up."""
        return {topic.name: self._look_up(topic) for topic in topics}

    def writer_schema(self, schema_id: int, topic: Topic) -> Any:
        """The parsed schema with that id, if it is registered for the topic and safe to read.

        Raises `UnreadableError` when there certainly is none, and `RegistryAwayError` when that is not known.
        """
        if (schema_id, topic.name) not in self._writers:
            self._writers[schema_id, topic.name] = self._fetch(schema_id, topic)
        return self._writers[schema_id, topic.name]

    def _register(self, topic: Topic) -> int:
        try:
            self._ask(lambda: self._client.set_compatibility(topic.subject, COMPATIBILITY))
            return self._ours(topic, self._ask(lambda: self._client.register_schema(topic.subject, _schema(topic))))
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
        unknown = UnreadableError(f"schema {schema_id} is not registered for {topic.subject}")
        try:
            if schema_id > MAX_SCHEMA_ID or topic.subject not in self._subjects(schema_id):
                raise unknown
            return _safe(schema_id, self._ask(lambda: self._client.get_schema(schema_id, topic.subject)).schema_str)
        except SchemaRegistryError:
            raise unknown from None

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
    except (fastavro.schema.SchemaParseException, ValueError, TypeError, LookupError, RecursionError) as error:
        raise UnreadableError(f"schema {schema_id} is no Avro that we can read ({type(error).__name__})") from error
    if found:
        raise UnreadableError(f"schema {schema_id} is not safe to read: {'; '.join(found)}")
    return schema
