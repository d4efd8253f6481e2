"""The links of the texts: one table. The newsletter names what is behind each, and gives no address."""

from collections.abc import Mapping
from typing import NamedTuple

CONSTRUCTED = "constructed: no address is public"


class Link(NamedTuple):
    """`name` is what the reader finds there, in Danish."""

    address: str
    name: str
    rule: str
    source: str


LINKS: Mapping[str, Link] = {
    "quick_guide": Link(
        "https://star.example/bi-quick-guide", "Quick-guide til eksisterende brugere", "BI-1", CONSTRUCTED
    ),
    "user_guide": Link(
        "https://star.example/bi-brugervejledning", "Brugervejledning – bi.star.dk", "BI-4", CONSTRUCTED
    ),
    "responsible_guide": Link(
        "https://star.example/bi-brugeransvarlig",
        "Vejledning til brugeransvarlig i jobcentre og a-kasser",
        "BI-4",
        CONSTRUCTED,
    ),
    "change_browser": Link("https://star.example/skift-browser", "Sådan skifter du browser", "WEB-1", CONSTRUCTED),
    "told_citizens": Link(
        "https://jobnet.example/nye-stillingsbetegnelser",
        "Information til borgere om de nye stillingsbetegnelser",
        "TIT-4",
        CONSTRUCTED,
    ),
    "told_employers": Link(
        "https://jobnet.example/arbejdsgiver/nye-stillingsbetegnelser",
        "Information til arbejdsgivere om de nye stillingsbetegnelser",
        "TIT-6",
        CONSTRUCTED,
    ),
}
"""By the name under which a text has it, as `{quick_guide}`."""
