"""WEB-2: who is Internet Explorer 11, on browser strings of our own, and on every case of the public corpora."""

import re
from collections import Counter
from functools import cache
from typing import NamedTuple

import pytest

from schemas.logins import MAX_USER_AGENT
from streams.policies.browsers import is_internet_explorer_11
from tests.tidy.tree import ROOT

CORPORA = ROOT.parent / "shared" / "data" / "user-agents"
on_the_corpora = pytest.mark.skipif(not CORPORA.exists(), reason="the public corpora are not on this machine")

GECKO = "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0{}) like Gecko"
MSIE = "Mozilla/4.0 (compatible; MSIE {}; Windows NT 6.1; Trident/{})"

OURS = (
    (GECKO.format(""), True),
    (GECKO.format("; Touch; Tablet PC 2.0"), True),
    (MSIE.format("7.0", "7.0"), True),  # compatibility view, in each mode
    (MSIE.format("8.0", "7.0"), True),
    (MSIE.format("9.0", "7.0"), True),
    (MSIE.format("10.0", "7.0"), True),
    (MSIE.format("7.0", "6.0"), False),  # compatibility view of Internet Explorer 10
    (MSIE.format("10.0", "6.0"), False),
    (MSIE.format("8.0", "4.0"), False),
    (MSIE.format("11.0", "5.0"), False),  # claims it, on the engine of Internet Explorer 9
    ("Mozilla/5.0 (compatible; MSIE 11.0; Windows NT 6.1)", False),  # claims it, and names no engine
    ("Mozilla/4.0 (compatible; MSIE 11.0; Windows NT 6.1) Opera 12.00", False),
    (GECKO.format("; IEMobile/11.0"), False),
    (GECKO.format("; BingPreview/1.0b"), False),
    (GECKO.format("; Googlebot/2.1"), False),
    ("Mozilla/5.0 (compatible; bingbot/2.0; Trident/7.0; rv:11.0) like Gecko", False),
    (MSIE.format("7.0", "7.0; Microsoft Outlook 16.0.4266"), False),
    (GECKO.format("; Maxthon/4.0"), False),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/91.0 Safari/537.36",
        False,
    ),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:11.0) Gecko/20100101 Firefox/11.0", False),
    ("", False),
    ("Internet Explorer 11", False),
    ("🦉 Trident/" * 300, False),
)


class Case(NamedTuple):
    """`browser`: name and version, as the corpus expects them."""

    corpus: str
    user_agent: str
    browser: str

    @property
    def is_internet_explorer_11(self) -> bool:
        return re.match(r"(IE|Internet Explorer) 11\b", self.browser) is not None


class Reviewed(NamedTuple):
    """Where the corpora differ from what the words of the string, or of WEB-2, say at first sight: one case each."""

    pattern: str
    advised: bool
    reason: str


REVIEWED = (
    Reviewed(r"IEMobile/11", False, "has the engine of Internet Explorer 11, and is Internet Explorer Mobile"),
    Reviewed(r"PTST/", False, "is Internet Explorer 11 driven by a robot that measures pages"),
    Reviewed(r"Trident/8\.0.*30729\)$", True, "a preview of Internet Explorer 11; WEB-2 names Trident/7.0 only"),
    Reviewed(r"Trident/8\.0.*Outlook", False, "is Outlook, which shows pages with that engine"),
    Reviewed(r"Firefox/12\.0$", True, "calls itself Firefox as well; uap-core has it as IE 11, device_detector not"),
)

_UAP = re.compile(r"- user_agent_string: (['\"])(.*)\1\n\s+family: (['\"])(.*)\3\n\s+major: *['\"]?([^'\"\n]*)")
_AGENT, _READABLE = re.compile(r"headers: '(?:User-Agent: )(.*)'\n"), re.compile(r"readable: '?(.*)")


@cache
def cases() -> tuple[Case, ...]:
    """Every case of the corpora: their layout is so even that three patterns read it."""
    uap = (CORPORA / "uap-core_test_ua.yaml").read_text(encoding="utf-8")
    found = [Case("uap-core", ua, f"{family} {major}") for _, ua, _, family, major in _UAP.findall(uap)]
    for path in sorted(CORPORA.glob("whichbrowser_*.yaml")):
        whole = path.read_text(encoding="utf-8")
        pairs = zip(_AGENT.findall(whole), _READABLE.findall(whole), strict=True)
        found += [Case(path.stem.rpartition("-")[2], ua, readable) for ua, readable in pairs]
    return tuple(case._replace(user_agent=case.user_agent.replace("''", "'")) for case in found)


@pytest.mark.parametrize(("user_agent", "verdict"), OURS)
def test_a_browser_of_our_own_making_is_judged_by_its_engine_and_its_name(user_agent: str, verdict: bool) -> None:
    assert len(user_agent) <= MAX_USER_AGENT
    assert is_internet_explorer_11(user_agent) is verdict


@on_the_corpora
def test_every_case_of_the_corpora_is_read_and_five_are_internet_explorer_11() -> None:
    said_in_source = {"uap-core": 1601, "edge": 11, "chrome": 19, "firefox": 65, "safari": 60, "opera": 107}
    assert Counter(case.corpus for case in cases()) == said_in_source
    assert sum(case.is_internet_explorer_11 for case in cases()) == 5
    assert {case.browser.partition(" ")[0] for case in cases() if case.corpus == "edge"} == {"Edge"}


@on_the_corpora
def test_the_verdict_is_right_on_every_case_of_the_corpora_and_wrong_on_none() -> None:
    assert [case for case in cases() if is_internet_explorer_11(case.user_agent) != case.is_internet_explorer_11] == []


@on_the_corpora
def test_the_corpora_agree_with_each_other_and_what_is_not_plain_is_reviewed() -> None:
    verdicts: dict[str, set[bool]] = {}
    for case in cases():
        verdicts.setdefault(case.user_agent, set()).add(case.is_internet_explorer_11)
    assert [each for each, said in verdicts.items() if len(said) > 1] == []
    newest = [ua for ua in verdicts if re.search(r"Trident/(7|8|9|\d\d)", ua) or verdicts[ua] == {True}]
    for row in REVIEWED:
        assert [verdicts[ua] for ua in newest if re.search(row.pattern, ua)] == [{row.advised}], row.reason
    plain = [ua for ua in newest if not any(re.search(row.pattern, ua) for row in REVIEWED)]
    assert [ua for ua in plain if verdicts[ua] != {True} or "Trident/7.0" not in ua] == []
    assert len(newest) == len(REVIEWED) + len(plain) == len(REVIEWED) + 3
