"""The demo's page and its HTML, of accounts made up here: signs come from faults, nothing is too long or too wide."""

from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer

from infra.cli.demo_command import tell
from infra.demo.charts import Mark, Series, Strip, needles, shares
from infra.demo.html import document
from infra.demo.page import LINES, PLAIN, SIGNS, WIDTH, page, signs_for
from infra.demo.play import Part
from infra.demo.report import Report
from infra.demo.section import Figure, Section, Step, Table, Total, counted, short
from infra.demo.sources import PUBLISHED
from tests.tidy.tree import ROOT

FOLDER = Path(".local/demo")
BI = counted("bi.star.dk", "18 users mailed", [("BI-2", "asked", 7), ("BI-1", "mailed", 18)], [])
STEP = Step(datetime(2021, 6, 13, 22, tzinfo=UTC), "notice", "<jobcentre>", "0123abcd", "CV-3", "4567cdef")


def report(*sections: Section) -> Report:
    return Report(["A made-up country."], sections, [], [Part("played", 61.4, 1_000, 3_000)])


def asked(whole: int, answered: int, of: str = "login") -> Section:
    return counted(of, "asked", [], [], [Total("requests", "asked", whole, {"answered": answered}, of)])


def printed(*sections: Section) -> str:
    return "\n".join(page(report(*sections), FOLDER, SIGNS))


def test_a_system_without_faults_has_its_requirements_in_order_and_the_sign_of_right() -> None:
    assert "✓ bi.star.dk        BI-1,2           18 users mailed" in printed(BI).splitlines()
    assert "✓ It all adds up. It took 61 s." in printed(BI)
    assert "export DFDG_STATE=.local/demo; dfdg up; dfdg --help" in printed(BI)


def test_a_planted_fault_turns_the_sign_of_its_system_only_and_is_told() -> None:
    faulty = asked(1, 1)._replace(found=["2 users were mailed twice."])
    lines = printed(BI, faulty).splitlines()
    assert [line[0] for line in lines if "bi.star.dk  " in line or "login  " in line] == ["✓", "✗"]
    assert "✗ It does NOT add up:" in lines
    assert "  login: 2 users were mailed twice." in lines
    assert "✓ It all adds up" not in printed(BI, faulty)


def test_totals_of_one_name_are_one_line_which_is_wrong_when_differences_make_up_for_each_other() -> None:
    assert "✓ requests    9 asked = 9 answered" in printed(asked(4, 4), asked(5, 5, "advert"))
    wrong = printed(asked(4, 5), asked(5, 4, "advert"))
    assert "✗ requests    9 asked ≠ 9 answered" in wrong
    assert "login: login: 4 asked, but 5 answered." in wrong


def test_the_page_is_never_longer_than_45_lines_nor_wider_than_80_columns_and_says_how_much_is_left_out() -> None:
    faulty = asked(1, 1)._replace(summary="much " * 30, found=[f"fault {n} " + "of many words " * 9 for n in range(90)])
    lines = page(report(*[BI] * 15, faulty), Path("/a/folder/" + "that/lies/deep/" * 9), SIGNS)
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert any(line.startswith("  ... and ") and line.endswith(" more, in report.html") for line in lines)


def test_an_output_that_is_not_utf_8_gets_words_for_signs() -> None:
    assert (signs_for("utf-8"), signs_for("ascii"), signs_for("latin-1")) == (SIGNS, PLAIN, PLAIN)
    lines = page(report(BI, asked(2, 1)), FOLDER, PLAIN)
    assert "ok  bi.star.dk        BI-1,2           18 users mailed" in lines
    assert "NOT requests    2 asked is NOT 1 answered" in lines
    assert "\n".join(lines).isascii()


def test_the_command_prints_the_page_and_ends_with_1_when_something_does_not_add_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell(report(BI), FOLDER)
    with pytest.raises(typer.Exit) as ended:
        tell(report(BI, asked(2, 1)), FOLDER)
    assert ended.value.exit_code == 1
    pages = (page(report(BI), FOLDER, SIGNS), page(report(BI, asked(2, 1)), FOLDER, SIGNS))
    assert capsys.readouterr().out.splitlines() == [line for lines in pages for line in lines]


def test_requirement_ids_are_shortened_to_runs_of_three_and_more() -> None:
    assert short(["TIT-12", "RET-9", "RET-1", "RET-2", "RET-3", "RET-8", "RET-1"]) == "RET-1..3,8,9 TIT-12"


class Seen(HTMLParser):
    """Tags that are open, and ids, headings and column heads that were met."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.loose: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "!doctype"):
            self.open.append(tag)
        found = dict(attrs)
        self.ids += [str(found["id"])] if "id" in found else []
        self.loose += [tag] if tag == "th" and "scope" not in found else []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """As `<path/>`: nothing is left open."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_document_is_well_formed_says_each_fault_and_shows_no_text_as_markup() -> None:
    faulty = Section("A & B", "<b>", ["TIT-9"], ["1 < 2"], [Table("T", ("<i>", "n"), [("<u>", 1_000), (None, 2)])])
    text = document(report(BI, faulty, Section("Life", "a life", ["OPS-3"], [], steps=[STEP])))
    seen = Seen(text)
    assert (seen.open, seen.loose) == ([], [])
    assert {"systems", "pictures", "life", "totals", "time", "system-bi-star-dk", "system-a---b"} <= set(seen.ids)
    assert len(seen.ids) == len(set(seen.ids))
    assert "A &amp; B: 1 &lt; 2" in text
    assert not any(tag in text for tag in ("<b>", "<i>", "<u>", "<jobcentre>"))
    assert '<td class="n">1,000</td>' in text
    assert '<time datetime="2021-06-14T00:00:00+02:00">2021-06-14 00:00</time>' in text
    assert "Times are Copenhagen's." in text
    assert 'aria-label="does not add up">✗' in text
    assert "✓ It all adds up" not in text


def test_a_picture_names_each_number_and_has_a_title_a_description_and_a_table() -> None:
    days = {date(2021, 6, 14): 1_000, date(2021, 7, 1): 1}
    strips = [Strip("job & centre", [Series("notices", "dot", days), Series("held", "diamond", {})])]
    svg = needles("N", "each day", strips, [Mark("A", date(2021, 6, 12)), Mark("B", date(2021, 6, 14))])
    assert svg.startswith('<svg role="img" viewBox="0 0 960 ')
    assert "<title>N</title><desc>each day</desc>" in svg
    assert "<title>2021-06-14, job &amp; centre: 1,000 notices</title>" in svg
    bars = shares("S", "parts", [("adverts", {"kept": 30, "gone": 10}), ("none", {"kept": 0, "gone": 0})], ("a", "b"))
    assert "<title>adverts, gone: 10</title>" in bars
    assert ">adverts: 40</text>" in bars
    figure = Figure("S", "parts", bars, Table("S", ("area", "kept"), [("adverts", 30)]), {"a": "kept"})
    shown = document(report(BI)._replace(figures=[figure]))
    assert Seen(shown).open == []
    assert "<summary>The same as a table</summary>" in shown


def test_the_published_files_are_sought_beside_the_checkout() -> None:
    assert ROOT.parent / "shared" / "data" == PUBLISHED
