"""Texts about functions of JobKon, and about what replaces them."""

from collections.abc import Mapping

from schemas.texts.text import Text

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
        2,
        "Du har inden for de seneste 90 dage brugt funktioner i JobKon, som udfases om {days} dage. Sidste dag er den"
        " {last_day}. Det gælder: {functions}. Se STAR's liste over webservices, eller spørg din leverandør"
        " om fagsystemet.",
    ),
}
