"""Danish texts to people, apart from the rules and each with a version (REQUIREMENTS, texts).

A changed wording gets a higher version; the text that was sent is stored with the notice.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Text(NamedTuple):
    """`danish` is a `str.format` pattern over the notice's `details`."""

    version: int
    danish: str


TEXTS: Mapping[str, Text] = {
    "cv-requirement-changed": Text(
        1,
        "Kravene til borgerens CV er ændret. Skal registrere CV: {must_register} (før: {must_register_before})."
        " Skal gøre CV søgbart: {must_be_searchable} (før: {must_be_searchable_before}).",
    ),
    "cv-status-on-move": Text(
        1,
        "Borgeren er flyttet til jer. Skal registrere CV: {must_register}. Skal gøre CV søgbart: {must_be_searchable}.",
    ),
    "title-choice-asked": Text(
        1,
        "Du har stillingsbetegnelser under »Jeg søger job som«, der er udgået. Antal: {count}."
        " Vælg en gyldig stillingsbetegnelse i stedet. Mulige valg: {candidates}.",
    ),
    "no-valid-title": Text(
        1,
        "En ledig borger hos jer har ingen gyldig stillingsbetegnelse tilbage under »Jeg søger job som«."
        " Borgeren er bedt om at vælge en ny. Antal udgåede: {count}.",
    ),
    "title-retired": Text(
        1,
        "Du har stillingsbetegnelser i »Min plan«, der er udgået. Antal: {count}. De vises fortsat, markeret som"
        " udgået. Næste gang planen redigeres, skal der vælges en gyldig. Mulige valg: {candidates}.",
    ),
    "title-retired-in-plan": Text(
        1,
        "En borger hos jer har udgåede stillingsbetegnelser i »Min plan«. Antal: {count}."
        " De vises markeret som udgået, og der skal vælges gyldige, næste gang planen redigeres.",
    ),
    "registration-granted": Text(1, "Du er tilmeldt som ledig."),
    "registration-refused-title-retired": Text(
        1,
        "Du kan ikke tilmeldes som ledig endnu, fordi en stillingsbetegnelse under »Jeg søger job som« er udgået."
        " Vælg en gyldig stillingsbetegnelse i stedet, og tilmeld dig igen.",
    ),
}
"""By text id: for a notice its reason."""

WORDS: Mapping[str, str] = {"yes": "ja", "no": "nej"}
"""Codes in `details` that a reader should see as words."""


def render(text_id: str, details: Mapping[str, str]) -> tuple[str, int]:
    """The Danish text and its version; `KeyError` when there is no such text or a detail is missing."""
    text = TEXTS[text_id]
    return text.danish.format_map({name: WORDS.get(value, value) for name, value in details.items()}), text.version
