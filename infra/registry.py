"""The schema registry: our schemas go in once, at `dfdg init`; which schema a record was written with comes out."""

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

import fastavro
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.common._httpx_compat import httpx  # its errors come through the client
from confluent_kafka.schema_registry.error import SchemaRegistryError

from infra.errors import TransientError
from schemas.codec import UnreadableError, contract, contract_text
from schemas.lint import dangers
from schemas.topic import Topic

COMPATIBILITY = "FULL_TRANSITIVE"
"""Old and new readers and writers, of all versions. Set per subject: a registry's own default may be none."""

REQUEST_TIMEOUT_S = 5.0  # it answers in milliseconds, or something is wrong with it
RETRIES, RETRY_WAIT_MS = 1, 100  # for a connection gone stale; whoever asks us comes again, with back-off of its own
MAX_SCHEMA_ID = 2**31 - 1  # a registry's ids are Java ints
T = TypeVar("T")


class RegistryAwayError(TransientError):
    """The registry cannot be reached or does not answer the question: nothing is known about the record. Ask again."""


class RegistrationError(Exception):
    """Our schema is not in the registry; the text names the subject and says what to do."""


class Registry:
    """The registry at `url`, by Confluent's interface. May be used by several threads."""

    def __init__(self, url: str) -> None:
        limits = {"timeout": REQUEST_TIMEOUT_S, "max.retries": RETRIES}
        waits = {"retries.wait.ms": RETRY_WAIT_MS, "retries.max.wait.ms": RETRY_WAIT_MS}
        self._client = SchemaRegistryClient({"url": url} | limits | waits)
        self._place = url.rpartition("@")[2]  # for messages: without a user and password
        self._writers: dict[tuple[int, str], Any] = {}

    def register_all(self, topics: Iterable[Topic]) -> dict[str, int]:
        """Register the current schema of every topic and return its id by topic name; again is harmless."""
        return {topic.name: self._register(topic) for topic in topics}

    def resolve(self, topics: Iterable[Topic]) -> dict[str, int]:
        """The ids of our current schemas by topic name, to be asked once at start-up; registers nothing."""
        return {topic.name: self._look_up(topic) for topic in topics}

    def writer_schema(self, schema_id: int, topic: Topic) -> Any:
        """The parsed schema with that id, if it is registered for the topic and safe to read.

        Raises `UnreadableError` when there is definitely none, and `RegistryAwayError` when nobody could tell.
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
        """The registry's answer; what it definitely refuses stays `SchemaRegistryError`, else `RegistryAwayError`."""
        try:
            return question()
        except SchemaRegistryError as error:
            # A 404 without one of these codes comes from another server at that address, and tells nothing.
            if error.http_status_code in (409, 422) or error.error_code in (40401, 40402, 40403):
                raise
            raise RegistryAwayError(f"the schema registry at {self._place} answers {error}") from error
        except (httpx.HTTPError, ValueError) as error:  # ValueError: an answer that is no JSON, as from a proxy
            raise RegistryAwayError(f"the schema registry at {self._place} is away: {type(error).__name__}") from error


def _schema(topic: Topic) -> Schema:
    return Schema(contract_text(topic.event.SCHEMA), "AVRO")


def _safe(schema_id: int, text: Any) -> Any:
    """The parsed schema, or `UnreadableError` when it is no Avro or would be dangerous to read."""
    try:
        schema = fastavro.parse_schema(json.loads(text))
        found = dangers(schema)
    except (fastavro.schema.SchemaParseException, ValueError, TypeError, LookupError, RecursionError) as error:
        raise UnreadableError(f"schema {schema_id} is no Avro that we can read ({type(error).__name__})") from error
    if found:
        raise UnreadableError(f"schema {schema_id} is not safe to read: {'; '.join(found)}")
    return schema
