"""Texts about job titles, and about re-registration, which a retired title refuses."""

from schemas.texts.text import Text

TEXTS = {
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
