"""A user who logs in with Internet Explorer 11 is advised to change browser (WEB-1, WEB-2)."""

from schemas.topics import BROWSER_ADVICE_GIVEN, DAY_BEGUN, LOGIN_RECORDED
from streams.decision import Decision
from streams.policies.browser_advice import Advised, decide, wake

READS = (DAY_BEGUN, LOGIN_RECORDED)
WRITES = (BROWSER_ADVICE_GIVEN,)

decision = Decision("browser-advice", READS, WRITES, Advised, decide, wake)
