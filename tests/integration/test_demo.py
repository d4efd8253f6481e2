"""The main job as a newcomer meets it: `dfdg demo` as a process of its own, on servers of its own, to the end."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from infra.demo.page import LINES, WIDTH
from infra.local import Stack
from producers.cpr import made_up_cpr

DEADLINE_S = 280
CITIZENS = 1_000
SYSTEMS = (
    "CV duties", "Retention", "National Archives", "Referrals", "VITAS users", "VITAS requests", "Browsers at login",
    "JobKon", "JobAD", "bi.star.dk", "Job titles", "Searches, adverts", "Title help", "Notices", "One citizen",
    "Engine", "Secrecy",
)  # fmt: skip
TOTALS = ("citizens", "deletions", "archived", "requests", "titles", "notices")


@pytest.fixture
def folder() -> Iterator[Path]:
    own = Path(tempfile.mkdtemp(prefix="dfdg-demo-", dir="/tmp"))  # short, and open to PostgreSQL's system user
    try:
        yield own / "demo"
    finally:
        Stack(own / "demo").remove()
        own.rmdir()


class Tables(HTMLParser):
    """The rows of each table by its caption, and what the page would fetch from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: dict[str, list[list[str]]] = {}
        self.headings: list[str] = []
        self.fetched: list[str] = []
        self._caption, self._within = "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{tag} {name}={value}" for name, value in attrs if name in ("src", "srcset", "data")]
        self.fetched += [
            f"{name}={value}" for name, value in attrs if name == "href" and not str(value).startswith("#")
        ]
        self.fetched += [tag] if tag in ("script", "link", "iframe", "object", "embed") else []
        self._within = tag if tag in ("caption", "h2", "td", "th") else self._within
        if tag == "tr":
            self.rows[self._caption].append([])
        elif tag in ("td", "th"):
            self.rows[self._caption][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._within = "" if tag == self._within else self._within

    def handle_data(self, data: str) -> None:
        if self._within == "caption":
            self._caption, self.rows[data] = data, []
        elif self._within == "h2":
            self.headings.append(data)
        elif self._within:
            self.rows[self._caption][-1][-1] += data


def test_the_demo_reconciles_every_title_leaves_no_lag_and_stops_what_it_started(folder: Path) -> None:
    command = [sys.executable, "-m", "infra.cli", "demo", "--citizens", str(CITIZENS)]
    done = subprocess.run(
        [*command, "--folder", str(folder)], env=os.environ | {"PYTHONIOENCODING": "utf-8"}, timeout=DEADLINE_S,
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
    page_is_short_and_says_of_each_system_that_it_adds_up(done.stdout)
    progress_is_a_line_for_each_act(done.stderr)
    html = (folder / "report.html").read_text(encoding="utf-8")
    report_needs_nothing_from_elsewhere_and_has_every_table(html)
    assert [number for n in range(CITIZENS) if (number := made_up_cpr(n)) in html.replace("-", "")] == []
    assert [server.name for server in Stack(folder).status() if server.running] == []


def page_is_short_and_says_of_each_system_that_it_adds_up(page: str) -> None:
    lines = page.splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    right = [line for line in lines if line.startswith("✓ ")]
    assert tuple(line[2:19].rstrip() for line in right[: len(SYSTEMS)]) == SYSTEMS
    assert tuple(line.split()[1] for line in right[len(SYSTEMS) : -1]) == TOTALS
    assert right[-1].startswith("✓ It all adds up.")
    assert not [line for line in lines if "✗" in line or line.endswith("...")]


def progress_is_a_line_for_each_act(told: str) -> None:
    lines = told.splitlines()
    assert len(lines) < 30
    assert sum(bool(re.fullmatch(r".+: \d+\.\d s", line)) for line in lines) == 15


def report_needs_nothing_from_elsewhere_and_has_every_table(html: str) -> None:
    found = Tables(html)
    assert found.fetched == []
    assert not re.search(r"https?:|@import|url\((?!#)", html)
    assert set(SYSTEMS) | {"Each system", "Pictures", "One citizen's life", "Time"} <= set(found.headings)
    assert html.count('<svg role="img"') == 4

    areas = {row[1]: row for row in found.rows["Job titles by area and outcome"][1:]}
    assert {"adverts", "job-wishes", "my-plan"} <= set(areas)
    for row in areas.values():
        handed_in, intake, converted, aliases, choose, retired, free, difference = (
            int(cell.replace(",", "")) for cell in row[2:10]
        )
        assert handed_in == intake == converted + choose + retired + free
        assert aliases <= converted
        assert difference == 0
        before, after = row[10].split(" = ")
        assert before == after
    assert int(areas["job-wishes"][8].replace(",", "")) > 0, "some wishes are free text"

    lags = [row[-1] for row in found.rows["Lag by consumer and topic"][1:]]
    assert len(lags) > 20
    assert set(lags) == {"0"}
    assert ["places where any was found", "0"] in found.rows["Search"]
