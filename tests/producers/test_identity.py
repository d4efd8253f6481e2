"""CPR numbers: what counts as one, what is found where it does not belong, and what errors and keys give away."""

import os
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import AlarmError
from producers.cpr import MADE_UP_NUMBERS, CprError, made_up_cpr, normal
from producers.identity import KEY_BYTES, Keys, create_keys
from schemas.cpr import looks_like_cpr


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("311299-0000", "the last day of a year"),
        ("2902004000", "2000, a leap year, by 4"),
        ("2902368000", "2036, by 5–8 up to 57"),
        ("2902369000", "2036, by 9 up to 36"),
        ("2902969000", "1996, by 9 from 37 on"),
        ("2902968000", "1896, by 5–8 from 58 on"),
        ("8902960000", "made up: 29 February 1996"),
    ],
)
def test_a_number_counts_if_its_date_exists_in_the_century_that_the_seventh_digit_means(written: str, why: str) -> None:
    assert normal(written) == written.replace("-", ""), why


@pytest.mark.parametrize(
    "wrong", ["", "123", "01019012345", "320190-1234", "0113901234", "2902000000", "9201901234", "０101901234"]
)
def test_what_is_no_number_is_refused_without_being_quoted(wrong: str) -> None:
    with pytest.raises(CprError) as refused:
        normal(wrong)
    assert not wrong or wrong not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "text",
    ["0101901234", "010190-1234", "ring 010190 1234 nu", "cpr:0101901234.", "CPR0101901234", "kunde_0101901234_a",
     "010190–1234", made_up_cpr(7)],
)  # fmt: skip
def test_a_number_is_found_within_a_text(text: str) -> None:
    assert looks_like_cpr(text)


@pytest.mark.parametrize(
    "text",
    ["", "9999999999", "01019012345", "2021-06-14T08:00:00Z", "jobcentre-1", "3113901234", "12345678",
     "c-00000101901234000000000000000abc", str(UUID(int=0x0101901234)), "a0101901234b" + "0" * 52],
)  # fmt: skip
def test_what_merely_resembles_a_number_is_let_through(text: str) -> None:
    assert not looks_like_cpr(text)


@given(st.integers(0, MADE_UP_NUMBERS - 1))
def test_a_made_up_number_is_valid_found_and_nobodys(n: int) -> None:
    number = made_up_cpr(n)
    assert normal(number) == number == made_up_cpr(n)
    assert 61 <= int(number[:2]) <= 88, "no register issues such a day"
    assert looks_like_cpr(number)


def test_made_up_numbers_are_all_different() -> None:
    assert len({made_up_cpr(n) for n in range(100_000)}) == 100_000
    with pytest.raises(ValueError, match="counted from 0"):
        made_up_cpr(MADE_UP_NUMBERS)


def test_keys_are_random_for_the_owner_only_never_shown_and_never_overwritten(tmp_path: Path) -> None:
    create_keys(tmp_path / "keys")
    first = Keys.read(tmp_path / "keys")
    assert len(first.seal) == len(first.index) == KEY_BYTES
    assert first.seal != first.index
    assert repr(first) == "Keys()"
    assert [oct(file.stat().st_mode)[-3:] for file in (tmp_path / "keys").iterdir()] == ["600", "600"]

    with pytest.raises(AlarmError, match="already"):
        create_keys(tmp_path / "keys")
    assert Keys.read(tmp_path / "keys") == first


def test_keys_that_are_missing_open_to_others_or_damaged_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AlarmError, match=r"missing.*safe copy"):
        Keys.read(tmp_path)
    create_keys(tmp_path)
    key = tmp_path / "cpr-seal.key"
    key.chmod(0o640)
    with pytest.raises(AlarmError, match="chmod 600"):
        Keys.read(tmp_path)
    key.chmod(0o600)
    os.truncate(key, 31)
    with pytest.raises(AlarmError, match="31 bytes instead of 32"):
        Keys.read(tmp_path)
