"""Texts about CV duties."""

from schemas.texts.text import Text

_EXEMPTION = (
    "[ Borgeren er fritaget for at {exemption}.][ Fritagelsen for at {exemption} gælder til og med den {exempt_until}.]"
    "[ Fritagelsen for at {exemption_ended} gælder ikke længere.]"
)

TEXTS = {
    "cv-requirement-changed": Text(
        2,
        "Kravene til borgerens CV er ændret fra den {from_day}. Skal registrere CV: {must_register} (før:"
        " {must_register_before}). Skal gøre CV søgbart: {must_be_searchable} (før: {must_be_searchable_before})."
        + _EXEMPTION,
    ),
    "cv-status-on-move": Text(
        2,
        "Borgeren er tilknyttet jer fra den {from_day}. Skal registrere CV: {must_register}. Skal gøre CV søgbart:"
        " {must_be_searchable}." + _EXEMPTION,
    ),
}
