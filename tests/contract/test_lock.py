"""Released schemas never change: `schemas.lock` remembers them."""

import json

import pytest

from schemas.codec import contract_text
from schemas.lock import HOW_TO_RELEASE, ChangedError, Line, compute, extended, fingerprint, read

TEXT = contract_text("cv-exemption-recorded.v1")
OLD, OTHER = Line("dfdg.a-b-c-v1-value", 1, "ab"), Line("dfdg.d-e-f-v1-value", 1, "cd")


def test_the_lock_matches_the_schemas() -> None:
    assert read() == compute(), f"New schemas? Run `python -m schemas.lock`. {HOW_TO_RELEASE}"


@pytest.mark.parametrize(
    ("was", "becomes"),
    [('"default": false', '"default": true'), ("timestamp-micros", "timestamp-millis"), ('"kind"', '"sort"')],
)
def test_a_changed_default_type_or_name_is_another_schema(was: str, becomes: str) -> None:
    assert was in TEXT
    assert fingerprint(TEXT.replace(was, becomes)) != fingerprint(TEXT)


def test_better_docs_and_another_layout_are_the_same_schema() -> None:
    assert "null while open-ended" in TEXT
    better = json.dumps(json.loads(TEXT.replace("null while open-ended", "null as long as nobody knows")), indent=1)
    assert fingerprint(better) == fingerprint(TEXT)


def test_a_new_line_may_be_added_but_a_released_one_neither_changed_nor_dropped() -> None:
    assert extended([OLD], [OLD, OTHER]) == [OLD, OTHER]
    for now in ([OTHER], [OLD._replace(fingerprint="ef"), OTHER]):
        with pytest.raises(ChangedError, match=r"dfdg\.a-b-c-v1-value version 1\. A released schema never changes"):
            extended([OLD], now)
