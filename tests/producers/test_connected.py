"""Who is connected is written by the edge alone (AD-1), and a P-number is no CPR number (AD-2)."""

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest

from producers.cpr import made_up_cpr
from producers.lines import BadLine, Line, PublishError, read_lines
from schemas.cpr import looks_like_cpr
from schemas.jobad import JobAdSubmitted
from schemas.topic import Topic
from schemas.topics import COMPANY_REGISTERED, JOB_AD_SUBMITTED, MENTOR_GRANT_REQUESTED, SITUATION_RECORDED
from schemas.vitas_grants import MentorGrantRequested

AT = "2021-06-14T08:00:00+02:00"
ADVERT = {"occurred_at": AT, "request": "r-1", "advert": "a-1", "headline": "Kok", "anonymous": True}
LIKE_A_CPR_NUMBER = "1003900001"
"""A P-number: ten digits, the first six of which are a date."""


class Register:
    def subjects(self, cprs: Sequence[str]) -> dict[str, str]:
        return dict.fromkeys(cprs, "c-1")


def read(line: dict[str, Any], topic: Topic = JOB_AD_SUBMITTED, client: str | None = "client-1") -> Line | BadLine:
    (found,) = read_lines(topic, io.BytesIO(json.dumps(line).encode()), Register(), client)
    return found


def event(line: Line | BadLine) -> Any:
    assert isinstance(line, Line), line
    return line.event


def test_ad_1_the_client_is_who_is_connected_and_never_what_the_message_says() -> None:
    advert = event(read(ADVERT))
    assert isinstance(advert, JobAdSubmitted)
    assert advert.client == advert.key == "client-1"
    claimed = read(ADVERT | {"client": "client-2"})
    assert isinstance(claimed, BadLine)
    (fault,) = claimed.faults
    assert (fault.field, "the edge writes it" in fault.reason) == ("client", True)
    assert isinstance(read(ADVERT | {"client": "client-1"}), BadLine), "not even its own name"


def test_ad_1_two_clients_never_have_the_same_record_not_even_with_the_same_id() -> None:
    own = ADVERT | {"id": "mine"}
    ids = [read(line, client=client) for line in (ADVERT, own) for client in ("client-1", "client-2")]
    assert len({line.id for line in ids if isinstance(line, Line)}) == 4
    again = read(own)
    assert isinstance(again, Line)
    assert again == ids[2]


def test_ad_1_without_a_connection_nothing_is_sent_and_other_topics_take_none() -> None:
    with pytest.raises(PublishError, match="--client"):
        read(ADVERT, client=None)
    with pytest.raises(PublishError, match="leave --client out"):
        read({"occurred_at": AT}, topic=SITUATION_RECORDED)


def test_ad_2_a_p_number_that_begins_with_a_date_passes_where_a_p_number_belongs_and_nowhere_else() -> None:
    assert looks_like_cpr(LIKE_A_CPR_NUMBER)
    assert event(read(ADVERT | {"p_number": LIKE_A_CPR_NUMBER})).p_number == LIKE_A_CPR_NUMBER
    registered = {"occurred_at": AT, "cvr": "90000004", "p_numbers": [LIKE_A_CPR_NUMBER]}
    assert event(read(registered, COMPANY_REGISTERED, None)).p_numbers == [LIKE_A_CPR_NUMBER]
    for field, value in (("headline", LIKE_A_CPR_NUMBER), ("cvr", LIKE_A_CPR_NUMBER), ("p_number", "100390-0001")):
        found = read(ADVERT | {field: value})
        assert isinstance(found, BadLine)
        assert (found.faults[0].field, "looks like a CPR number" in found.faults[0].reason) == (field, True)


def test_ad_2_a_company_without_a_valid_number_is_a_bad_line() -> None:
    for wrong in ({"cvr": "90000005"}, {"p_numbers": ["990000001"]}):
        found = read({"occurred_at": AT, "cvr": "90000004", "p_numbers": []} | wrong, COMPANY_REGISTERED, None)
        assert isinstance(found, BadLine)
        assert "digits" in found.faults[0].reason


def test_vit_1_the_citizen_of_a_mentor_grant_may_be_given_by_cpr_number_though_the_caseworker_is_the_key() -> None:
    cpr = made_up_cpr(1)
    line = {"occurred_at": AT, "requester": "user-1", "request": "r-1", "measure": "wage-subsidy", "cpr": cpr}
    grant = event(read(line, MENTOR_GRANT_REQUESTED, None))
    assert isinstance(grant, MentorGrantRequested)
    assert (grant.key, grant.citizen) == ("user-1", "c-1")
    both = read(line | {"citizen": "c-2"}, MENTOR_GRANT_REQUESTED, None)
    assert isinstance(both, BadLine)
    assert both.faults[0].field == "cpr"
