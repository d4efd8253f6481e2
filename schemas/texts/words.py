"""The Danish words for the codes in details: no text shows its reader a code that has a name."""

from collections.abc import Mapping

_DUTY_OR_ACCESS = {"yes": "ja", "no": "nej"}
_EXEMPTION = {"from-registering": "registrere CV", "from-being-searchable": "gøre CV søgbart"}
MODULES: Mapping[str, str] = {
    "early-retirement-cases": "»Indberetning af førtidspensionssager«",
    "self-booking": "»Selvbooking«",
    "self-booking-reports": "»Rapporter om selvbooking«",
    "company-overview": "»Virksomhedsoverblik«",
    "job-indicators": "»Nøgletal om job«",
}
"""Of bi.star.dk. The newsletter names the first and those of self-booking and companies; the codes are constructed."""
FUNCTIONS: Mapping[str, str] = {
    "preparation-form": "borgerens forberedelsesskema",
    "tags-assign": "tildeling af tags/persongruppemarkeringer",
    "tags-search": "søgning på tags/persongruppemarkeringer",
    "adverts-create": "oprettelse af jobannoncer",
    "adverts-view": "visning af jobannoncer",
    "adverts-search": "søgning af jobannoncer",
    "messages": "beskedmodulet",
    "joblog-view": "visning af Joblog",
    "joblog-search": "søgning i Joblog",
    "title-category-lookup": "fremsøgning af stillingsbetegnelser efter kategori",
}
"""Of JobKon."""

WORDS: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(("must_register", "must_register_before", "granted"), _DUTY_OR_ACCESS),
    **dict.fromkeys(("must_be_searchable", "must_be_searchable_before"), _DUTY_OR_ACCESS),
    **dict.fromkeys(("exemption", "exemption_ended"), _EXEMPTION),
    **dict.fromkeys(("module", "modules"), MODULES),
    **dict.fromkeys(("function", "functions"), FUNCTIONS),
}
"""By detail: the word for each code."""


def in_words(detail: str, value: str) -> str:
    """A code, or several with commas between, in Danish. **Chosen**: a code without a name is quoted as it is."""
    names = WORDS.get(detail)
    if names is None:
        return value
    return ", ".join(names.get(code, f"»{code}«") for code in value.split(", "))
