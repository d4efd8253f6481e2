"""A CPR number is found however it is written, and an ordinary note passes untouched."""

import io
import json
import random
from collections.abc import Mapping
from itertools import product

import pytest

from infra.cli import redaction
from producers.cpr import made_up_cpr
from producers.lines import BadLine, check_lines
from schemas.cpr import looks_like_cpr, none_in
from schemas.topics import COMPANY_REGISTERED, JOBLOG_ENTRY_RECORDED
from tests.producers.test_written_form import ENTRY, read

DATE, SERIAL = "010170", "1234"
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
BENGALI = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")
BOLD = str.maketrans("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
KEYCAPS = {ord(digit): f"{digit}\ufe0f\u20e3" for digit in "0123456789"}
UNDERLINED = {ord(digit): f"{digit}\u0332" for digit in "0123456789"}
SCRIPTS: dict[str, Mapping[int, int | str]] = {
    "plain": {}, "full width": FULL_WIDTH, "arabic": ARABIC, "bengali": BENGALI, "bold": BOLD,
    "circled": CIRCLED, "keycaps": KEYCAPS, "underlined": UNDERLINED,
}  # fmt: skip
BETWEEN = ["", "-", " ", " - ", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212", "\u00a0", "\u202f",
           "\u2009", "\u3000", "\t", "\n", "_", ".", "/", ":", "·", "--", " / ", "\u00ad", "\u200b", "\u200d",
           "\u2060", "\ufeff", "\u200e", "\u202c", "-\u200b", "&nbsp;", "&#45;", "&shy;", "%20", "%2D",
           ") ("]  # fmt: skip
WITHIN = ["", ".", "-", "/", " ", ". ", "\u00a0", "\u200b", "\u2011"]
AROUND = ["{}", "cpr {}", "CPR:{}.", "({})", "kunde_{}_a", "født {}, ring", "cpr{}", "æøå {} æøå", "<b>{}</b>"]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("between", BETWEEN, ids=ascii)
def test_a_number_is_found_in_every_script_with_every_separator_and_whatever_stands_around_it(
    script: str, between: str
) -> None:
    for within, around in product(WITHIN, AROUND):
        digits = within.join((DATE[:2], DATE[2:4], DATE[4:])), SERIAL
        text = around.format(between.join(part.translate(SCRIPTS[script]) for part in digits))
        assert looks_like_cpr(text), ascii(text)
        assert not none_in(["x", text]), ascii(text)


@pytest.mark.parametrize(
    "text",
    ["0 1 0 1 7 0 1 2 3 4", "0 1 0 1 7 0 - 1 2 3 4", "P-nr. 0101701234", "faktura 311299-0001", "sag 010170-1234",
     "https://job.example/?cpr=1612345678", "https://job.example/1612345678", "+45 010170-1234", "1. 010170-1234",
     "610170-1234", "12.0101701234", made_up_cpr(7), "99 010170-1234", "2021 010170 1234",
     "P-nr. 1003281234 0101701234"],
)  # fmt: skip
def test_what_stands_around_a_number_excuses_no_other_number(text: str) -> None:
    assert looks_like_cpr(text)


DAYS = ["1.6.21", "01.06.21", "01.06.2021", "1/6-21", "01/06/2021", "2021-06-01", "1. juni 2021", "d. 31.12.", "31/12",
        "01-06-2021", "10.-12.06.2021", "10-12.06.2021", "01.06-10.06.2021", "01.06.21-30.06.21"]  # fmt: skip
TIMES = ["kl. 13.00", "kl. 8", "13:00", "13.00", "kl. 10-12", "kl. 09.30-10.15", "kl 14", "08:05:30"]
PHONES = ["20 10 15 25", "20101525", "2010 1525", "+45 20 10 15 25", "+4520101525", "004520101525",
          "+46 70 123 45 67",
          "+49 30 1234 5678", "20-10-15-25", "70 10 20 30 / 70 10 20 31", "(+45) 20 10 15 25",
          "201 01 525"]  # fmt: skip
NUMBERS = ["faktura 311299 0001", "faktura nr. 3112990001", "ordre 1012211234", "P-nr. 1003281234",
           "P-nummer: 1003281234",
           "CVR 12345678", "sag 2010-11-1234", "sag 21/012345", "j.nr. 15.20.00-G01-12-21", "sagsnr. 2021-00123",
           "kontonr. 1234 5678901234", "EAN 5798001234567", "DK50 0040 0440 1162 43", "reg. 9570", "bilag 010121 0007",
           "5790 0012 3456 78", "stilling nr. 12345", "1.234.567,89 kr.", "ISBN 978-87-02-12345-6", "9999999999",
           "3113901234", "DISCO 2166.1", "10.10.10.10:8080", "192.168.10.12", "v. 10.12.14.1"]  # fmt: skip
LINKS = ["https://job.example/?ts=1612345678", "https://job.example/stilling/20210614-bager?id=48213",
         "https://job.example/?from=1012345678&to=1112345678", "https://job.example/a%20b/12345678",
         "https://job.example/1fd2c3b4-0101-4701-8234-0123456789ab", "www.job.example/h0101901234567890123456789abcdef",
         "bager@bageri.example", "https://job.example/?t=1612345678#top"]  # fmt: skip
SENTENCES = ["Ring til Bageriet {}.", "Aftalt samtale {} med Jens", "Sendt {} – afventer svar", "Se {}", "{}",
             "Ansøgning nr. 3, {}; følg op", "Ingen svar på {} endnu (rykket to gange)"]  # fmt: skip
ORDINARY = [
    sentence.format(part)
    for part in [*(f"{day} {time}" for day in DAYS for time in TIMES), *PHONES, *NUMBERS, *LINKS, *DAYS, *TIMES]
    for sentence in SENTENCES
]


def test_ordinary_notes_pass_untouched() -> None:
    assert len(ORDINARY) > 1000
    assert [note for note in ORDINARY if looks_like_cpr(note)] == []


def test_of_notes_whose_parts_are_drawn_together_none_is_taken_for_a_number() -> None:
    chance = random.Random(21)
    parts = [*PHONES, *NUMBERS, *LINKS, *DAYS]
    notes = [" og ".join(chance.sample(parts, 3)) for _ in range(3_000)]
    assert [note for note in notes if looks_like_cpr(note)] == []


def test_the_time_to_search_grows_with_the_text_and_no_faster() -> None:
    """Digits and separators without end: every place is looked at once, and from each at most a score of characters."""
    chance = random.Random(22)
    for alphabet in ("0", "01", "0 ", "01-", "1 ", "1_", "0\u00a0", "٠-", "&#45;", "%2D", "0a", "9876543210 -._/"):
        for _ in range(20):
            looks_like_cpr("".join(chance.choices(alphabet, k=20_000)))


@pytest.mark.parametrize("note", ["cpr 010170\u20111234", "cpr 010170\u00a01234", "cpr 010170 - 1234"])
def test_a_line_with_a_number_in_a_note_is_refused_and_not_repeated(note: str) -> None:
    (found,) = check_lines(JOBLOG_ENTRY_RECORDED, io.BytesIO(json.dumps(ENTRY | {"note": note}).encode()))
    assert isinstance(found, BadLine)
    assert [field for field, _ in found.faults] == ["note"]
    assert "1234" not in str(found)


@pytest.mark.parametrize(
    "note", ["https://job.example/?ts=1612345678", "P-nr. 1003281234", "faktura 311299 0001", "den 01.06.21 13.00"]
)
def test_a_line_whose_note_only_resembles_a_number_is_published(note: str) -> None:
    found = read(ENTRY | {"note": note})
    assert not isinstance(found, BadLine)
    assert found.event.cpr_fields() == []


def test_a_p_number_that_begins_with_a_date_is_one_where_it_belongs_and_nowhere_else() -> None:
    company = {"occurred_at": "2021-06-14T08:00:00Z", "cvr": "12345674", "p_numbers": ["1003281234"]}
    found = read(company, COMPANY_REGISTERED)
    assert not isinstance(found, BadLine)
    assert found.event.cpr_fields() == []
    assert found.event.model_copy(update={"cvr": "1003281234"}).cpr_fields() == ["cvr"]


@pytest.mark.parametrize(
    "typed", ["0706211234", " 070621-1234", "070621\u20111234", "０７０６２１１２３４", "0706\u200b211234"]
)
def test_a_number_that_is_typed_in_place_of_an_id_is_known_in_any_spelling_and_an_id_is_not(typed: str) -> None:
    assert redaction.looks_like_cpr(typed)
    assert not redaction.looks_like_cpr(f"c-{typed}")
