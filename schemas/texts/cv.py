"""Texts about CV duties."""

from schemas.texts.text import Text

TEXTS = {
    "cv-requirement-changed": Text(
        1,
        "Kravene til borgerens CV er ændret. Skal registrere CV: {must_register} (før: {must_register_before})."
        " Skal gøre CV søgbart: {must_be_searchable} (før: {must_be_searchable_before}).",
    ),
    "cv-status-on-move": Text(
        1,
        "Borgeren er flyttet til jer. Skal registrere CV: {must_register}. Skal gøre CV søgbart: {must_be_searchable}.",
    ),
}
