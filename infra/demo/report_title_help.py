"""The demo's findings about the title help and the published classification; TIT-11, TIT-12 and TIT-14."""

from collections import Counter
from typing import TYPE_CHECKING

from infra.demo.section import Section, counted

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.reference.publication import Title

_EVER = "select old_code from reference.title_outcome union select code from reference.title"
_UNRESOLVED = f"select count(*) from ({_EVER}) ever (code) where not exists (select from titles.label(ever.code))"
_ALL = f"select count(*) from ({_EVER}) ever"
_NAMES = "select count(distinct (code, name)) from reference.title_word where version = %s and scheme = 'esco-star'"
LETTERS = 3


def title_help(connection: "Connection") -> Section:
    """TIT-11, TIT-12, TIT-14: names that are offered, labels that resolve, titles that are published."""
    from infra.reference.publication import titles_of, version_in_use

    version = version_in_use(connection)
    if version is None:
        return Section("Title help", "nothing was imported", ["TIT-11"], ["No classification was imported."])
    titles = titles_of(connection, version)
    counts = Counter(title.status for title in titles)
    wrong, asked, offered = _offered(connection, titles)
    ever, unresolved = _count(connection, _ALL), _count(connection, _UNRESOLVED)
    groups = _by_category(connection, titles)
    rows = [
        ("TIT-11", "names that the help knows from wave 1 on", _count(connection, _NAMES, version)),
        ("TIT-11", "searches by the first 3 letters of an old label", asked),
        ("TIT-11", "names that they were offered, all of active titles", offered),
        ("TIT-11", "titles ever published whose label resolves", ever - unresolved),
        ("TIT-12", "ISCO groups that a search was answered for", groups),
        *(("TIT-14", f"published as {status}", counts[status]) for status in sorted(counts)),
    ]
    faults = [f"{unresolved} titles were published and have no label now."] if unresolved else []
    faults += [f"TIT-12: {groups} ISCO groups still bring titles."] if groups else []
    faults += [f"The title help offers {code}, which is not active." for code in sorted(wrong)]
    known = {title.code for title in titles}
    missing = {code for title in titles for code in title.candidates} - known
    faults += [f"{code} is a candidate and not published." for code in sorted(missing)]
    summary = f"labels of {ever - unresolved:,} titles resolve"
    return counted("Title help", summary, rows, faults)


def _offered(connection: "Connection", titles: "list[Title]") -> tuple[set[str], int, int]:
    """Codes that were offered and may not be; searches; names that were offered."""
    from consumers.admin.title_help import suggest
    from schemas.release_dates import WAVE_1

    active = {title.code for title in titles if title.status == "active"}
    typed = sorted({title.label[:LETTERS] for title in titles if title.status != "active"})
    found = [suggest(connection, text, WAVE_1).suggestions for text in typed]
    codes = [each.code for some in found for each in some]
    return set(codes) - active, len(typed), len(codes)


def _by_category(connection: "Connection", titles: "list[Title]") -> int:
    from consumers.admin.title_help import suggest
    from schemas.release_dates import WAVE_1

    groups = sorted({title.code[:4] for title in titles})
    return sum(bool(suggest(connection, group, WAVE_1).suggestions) for group in groups)


def _count(connection: "Connection", query: str, *parameters: str) -> int:
    row = connection.execute(query.encode(), parameters or None).fetchone()
    return int(row[0]) if row else 0
