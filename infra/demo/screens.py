"""What the reading commands of `dfdg` print about a country in which there are canaries; `places.py` looks at it."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import typer

from infra.demo.workers import OTHERS

if TYPE_CHECKING:
    from psycopg import Connection

READING = frozenset(
    (
        "status", "watch", "notices", "explain", "story", "topics", "dead-letters list", "dead-letters show", "flow",
        "texts", "snapshot",
        "titles suggest", "titles label", "titles export", "flood list", "vitas users", "provider list",
        "provider show", "jobkon usage", "archive list", "archive verify", "retention plan", "retention status",
        "retention receipts", "retention verify", "retention open-ended",
    )
)  # fmt: skip
"""Every command that shows what is known. None is the auditors': who audits reads schema `audit` by SQL."""

WITHOUT_JSON = frozenset(
    ("texts", "snapshot", "titles export", "archive verify", "retention receipts", "retention verify")
)
EACH, RECORDS, WIDTH = 2, 25, 1_000

# Those about whom there is most to hide, some of each kind; and one of whom each command can tell.
_HOLDERS = """
select holder from (
    select holder, row_number() over (partition by holder_kind order by count(*) desc, holder) as place
    from audit.replaced_title group by holder, holder_kind
) counted where place <= %s order by holder
"""
_ONE = """
select (select jobcentre from vitas.user where jobcentre is not null order by 1 limit 1),
    (select provider from access.provider order by 1 limit 1),
    (select original from audit.replaced_title order by number limit 1)
"""
WATCHED = (
    "dfdg.title-held-recorded-v1", "dfdg.title-replaced-v1", "dfdg.title-changed-v1", "dfdg.job-ad-submitted-v1",
    "dfdg.job-ad-numbers-to-check-v1", "dfdg.jobad-advert-published-v1",
)  # fmt: skip
"""Topics that hold canaries, and those that follow from them."""

Screens = Mapping[str, Sequence[bytes]]


def screens(
    connection: "Connection", folder: Path, adverts: Mapping[str, Collection[str]], app: typer.Typer
) -> Screens:
    """By command, the pieces of all that it printed. `adverts`: the anonymous ones, by company's number.

    Raises `RuntimeError` when a command fails, for then nothing is known of what it would have shown.
    """
    shown: dict[str, list[bytes]] = {}
    with TemporaryDirectory() as exports:
        for command, arguments, subject in _asked(connection, folder, Path(exports), adverts):
            for form in [()] if command in WITHOUT_JSON else [(), ("--json",)]:
                printed = _printed(app, folder, (*command.split(), *arguments, *form))
                shown.setdefault(f"dfdg {command}", []).extend(pieces(printed, subject))
        written = [path.read_text(encoding="utf-8") for path in Path(exports).iterdir()]
    return shown | {"files of dfdg": [piece for text in written for piece in pieces(text, None)]}


def pieces(printed: str, subject: str | None) -> Iterator[bytes]:
    """Its lines, and the elements of its JSON; what was printed of one subject belongs together, with the subject."""
    yield from (line.encode() for line in printed.splitlines())
    if subject:
        yield f"{subject} {printed}".encode()
    if printed.startswith(("[", "{")) and (value := _json(printed)):
        groups = [value, *(value.values() if isinstance(value, dict) else ())]
        elements = [element for group in groups if isinstance(group, list) for element in group]
        yield from (json.dumps(element, ensure_ascii=False).encode() for element in elements)


def _json(printed: str) -> Any:
    """Or None, when each line is JSON for itself: then the lines are the elements."""
    try:
        return json.loads(printed)
    except json.JSONDecodeError:
        return None


def _asked(
    connection: "Connection", folder: Path, exports: Path, adverts: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, tuple[str, ...], str | None]]:
    """Command, arguments, and the subject if it tells of one."""
    jobcentre, provider, title = connection.execute(_ONE).fetchone() or ("", "", "")
    holders = [holder for (holder,) in connection.execute(_HOLDERS, (EACH,)).fetchall()]
    known = connection.execute(
        "select distinct subject from journal.entry where subject = any(%s)",
        ([*adverts, *(each for ids in adverts.values() for each in ids)],),
    ).fetchall()
    for holder in holders:
        yield from ((command, (holder,), holder) for command in ("explain", "notices"))
        yield "story", ("citizen", holder), holder
    for (subject,) in sorted(known)[:EACH] + sorted(known)[-EACH:]:
        yield "explain", (subject,), subject
    yield from (("story", (kind,), None) for kind in ("citizen", "employer", "vitas-user"))
    yield from ((command, (), None) for command in ("status", "topics", "dead-letters list", "flow", "texts"))
    letters = connection.execute("select id from dead_letter.letter order by id desc limit %s", (EACH,)).fetchall()
    yield from (("dead-letters show", (str(letter),), None) for (letter,) in letters)
    yield from ((command, (), None) for command in ("flood list", "provider list", "jobkon usage", "archive list"))
    yield from ((command, (), None) for command in ("retention status", "retention open-ended", "retention receipts"))
    yield "retention plan", ("2023-01-04", "--records"), None
    yield "vitas users", (jobcentre, "--all"), None
    yield "provider show", (provider,), provider
    yield "titles suggest", ("kok",), None
    yield "titles label", (title,), None
    yield "titles export", (str(exports / "titles.csv"),), None
    yield "snapshot", (str(exports / "snapshot.jsonl"),), None
    for package in sorted((folder / "archive").glob("AVID.*"))[:1]:
        yield "archive verify", (str(package),), None
    for topic in WATCHED:
        if count := min(RECORDS, _records(connection, topic) // 2):
            yield "watch", (topic, "--from-beginning", "--count", str(count)), None


def _records(connection: "Connection", topic: str) -> int:
    """How many one reader has applied: for more than there are `watch` would wait."""
    query = "select sum((positions ->> %s)::bigint) from ledger.slice where positions ? %s group by consumer limit 1"
    (count,) = connection.execute(query, (topic, topic)).fetchone() or (0,)
    return int(count or 0)


def _printed(app: typer.Typer, folder: Path, arguments: Sequence[str]) -> str:
    """On stdout and stderr, in this process: to start one for each would take longer than all of them."""
    from typer.testing import CliRunner

    environment = dict.fromkeys(OTHERS) | {"DFDG_STATE": str(folder), "COLUMNS": str(WIDTH)}  # no cell in two lines
    done = CliRunner().invoke(app, list(arguments), env=environment)
    # The demo's clock is not today's, and nobody has a key for its receipts.
    degraded = arguments[:2] in (("status",), ("status", "--json"), ("retention", "receipts")) and done.exit_code == 1
    if done.exit_code != 0 and not degraded:
        raise RuntimeError(f"`dfdg {' '.join(arguments)}` ended with exit code {done.exit_code}: {done.output[-500:]}")
    return done.stdout + done.stderr
