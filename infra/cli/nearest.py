"""Names that nobody knows: said with the nearest ones that are known, never with all of them."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import TYPE_CHECKING

import typer

from infra.cli.common import BAD_INPUT, failure
from infra.cli.redaction import looks_like_cpr

if TYPE_CHECKING:
    from schemas.topic import Topic

AT_MOST = 3


def nearest(name: str, known: Collection[str]) -> list[str]:
    """The known names that are spelt most like it, then those that it is a part of; at most `AT_MOST`."""
    parts = [each for each in known if name.strip() and name.strip().lower() in each.lower()]
    return list(dict.fromkeys([*get_close_matches(name, known, AT_MOST), *parts]))[:AT_MOST]


def did_you_mean(name: str, known: Collection[str]) -> str:
    """A question, to follow a sentence, with the nearest names; else all of them if they are few, or nothing."""
    if near := nearest(name, known):
        return f" Did you mean {' or '.join(near)}?"
    return f" There are: {', '.join(known)}." if 0 < len(known) <= AT_MOST else ""


def check_known(what: str, name: str | None, known: Collection[str], see: str = "", hint: str | None = None) -> None:
    """Wrong usage, told with the nearest names and where to `see` all, unless the name is known or None was given."""
    if name is not None and name not in known:
        text = f"There is no {what} {name}.{did_you_mean(name, known)}{see and f' {see}'}"
        raise typer.BadParameter(text, param_hint=hint)


def topic_named(name: str) -> "Topic":
    """The topic of that name; wrong usage when there is none."""
    from schemas.topics import BY_NAME

    check_known("topic", name, BY_NAME, "`dfdg topics` lists them.", "TOPIC")
    return BY_NAME[name]


def check_names(consumer: str | None, topic: str | None) -> None:
    """Wrong usage unless the one is a decision or a sink, and the other a topic; None passes."""
    from infra.cli import catalog

    check_known("decision or sink", consumer, catalog.NAMES, "`dfdg topics` lists them.")
    if topic is not None:
        topic_named(topic)


def refuse_cpr(text: str) -> None:
    """Bad input, which is not repeated, when the text could be a CPR number."""
    if looks_like_cpr(text):
        raise failure(
            BAD_INPUT,
            "That looks like a CPR number. Give the citizen's id instead, as the events have it;"
            " `dfdg publish --show-ids` tells the id of each line that it publishes.",
        )
