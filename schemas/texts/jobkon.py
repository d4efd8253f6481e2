"""Texts about functions of JobKon, and the names of the functions."""

from collections.abc import Mapping

from schemas.texts.text import Text

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
REPLACEMENTS: Mapping[str, str] = {
    "JobAD": "Brug webservicen JobAD.",
    "JoblogService": "Brug webservicen JoblogService.",
    "STAR's list": "Se STAR's liste over webservices.",
    "typeahead": "Skriv de første bogstaver af stillingsbetegnelsen, og vælg blandt forslagene.",
}

TEXTS = {
    "jobkon-granted": Text(1, "JobKon: {function} kan bruges til og med den {last_day}."),
    "jobkon-refused-ended": Text(1, "JobKon: {function} er udfaset. Sidste dag var den {last_day}. {instead}"),
    "jobkon-function-ends": Text(
        1,
        "Du har inden for de seneste 90 dage brugt funktioner i JobKon, som udfases om {days} dage. Sidste dag er den"
        " {last_day}: {functions}. Se STAR's liste over webservices, eller spørg din leverandør om fagsystemet.",
    ),
}
