"""JobAD: what is recorded and submitted, and what follows; client-1, advert-1 and a made-up company unless told.

No register has issued a CVR number that begins with 9, nor a P-number that begins with 99.
"""

from typing import Any

from schemas.companies import CompanyRegistered
from schemas.dates import copenhagen_day
from schemas.jobad import AdvertPublished, ClientSystemRecorded, JobAdAnswered, JobAdNumbersToCheck, JobAdSubmitted
from tests.builders import day, moment
from tests.request_builders import REQUEST, answer

CLIENT, ADVERT, HEADLINE = "client-1", "advert-1", "Kok søges til køkken på Ærø"
CVR, P_NUMBER, OTHER_P_NUMBER = "90000004", "9900000001", "9900000002"


def client(at: str, from_day: str, *, registered: bool = True) -> ClientSystemRecorded:
    return ClientSystemRecorded(occurred_at=moment(at), client=CLIENT, from_day=day(from_day), registered=registered)


def submitted(at: str, **fields: Any) -> JobAdSubmitted:
    """Not anonymous, of employer-1."""
    known = {"client": CLIENT, "request": REQUEST, "advert": ADVERT, "headline": HEADLINE, "anonymous": False}
    return JobAdSubmitted(occurred_at=moment(at), **known | {"employer": "employer-1"} | fields)


def anonymous(at: str, cvr: str | None = CVR, p_number: str | None = P_NUMBER, **fields: Any) -> JobAdSubmitted:
    return submitted(at, anonymous=True, cvr=cvr, p_number=p_number, **fields)


def to_check(at: str, p_number: str = P_NUMBER, **fields: Any) -> JobAdNumbersToCheck:
    known = {"cvr": CVR, "client": CLIENT, "request": REQUEST, "advert": ADVERT, "headline": HEADLINE}
    return JobAdNumbersToCheck(occurred_at=moment(at), p_number=p_number, **known | fields)


def company(at: str, *p_numbers: str) -> CompanyRegistered:
    return CompanyRegistered(occurred_at=moment(at), cvr=CVR, p_numbers=list(p_numbers))


def granted(at: str, *, rule: str, **fields: Any) -> JobAdAnswered:
    known = {"requester": CLIENT, "advert": ADVERT}
    return answer(JobAdAnswered, at, granted=True, rule=rule, text="job-ad-granted", **known | fields)


def refused(at: str, text: str, *, rule: str = "AD-2", **fields: Any) -> JobAdAnswered:
    known = {"requester": CLIENT, "advert": ADVERT}
    return answer(JobAdAnswered, at, granted=False, rule=rule, text=text, **known | fields)


def published(at: str, *, rule: str, **fields: Any) -> AdvertPublished:
    """Anonymous unless an employer is given."""
    known = {"advert": ADVERT, "headline": HEADLINE, "anonymous": "employer" not in fields}
    return AdvertPublished(occurred_at=moment(at), from_day=copenhagen_day(moment(at)), rule=rule, **known | fields)
