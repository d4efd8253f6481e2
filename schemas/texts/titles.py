"""Texts about job titles, and about re-registration, which a retired title refuses."""

from schemas.texts.text import Text

TEXTS = {
    "title-choice-asked": Text(
        2,
        "Du har stillingsbetegnelser under »Jeg søger job som«, der er udgået pr. {from_day}. Antal: {count}."
        " Vælg en gyldig stillingsbetegnelse i stedet.[ Mulige valg: {candidates}.] Læs mere: {told_citizens}",
    ),
    "no-valid-title": Text(
        2,
        "En ledig borger hos jer har pr. {from_day} ingen gyldig stillingsbetegnelse tilbage under »Jeg søger job som«."
        " Borgeren er bedt om at vælge en ny. Antal udgåede: {count}.",
    ),
    "title-retired": Text(
        2,
        "Du har stillingsbetegnelser i »Min plan«, der er udgået pr. {from_day}. Antal: {count}. De vises fortsat,"
        " markeret som udgået. Næste gang planen redigeres, skal der vælges en gyldig.[ Mulige valg: {candidates}.]"
        " Læs mere: {told_citizens}",
    ),
    "title-retired-in-plan": Text(
        2,
        "En borger hos jer har stillingsbetegnelser i »Min plan«, der er udgået pr. {from_day}. Antal: {count}."
        " De vises markeret som udgået, og der skal vælges gyldige, næste gang planen redigeres.",
    ),
    "registered-title-retired": Text(
        2,
        "Du er tilmeldt som ledig med en stillingsbetegnelse, der er udgået pr. {from_day}."
        " Vælg en gyldig stillingsbetegnelse i stedet.[ Mulige valg: {candidates}.] Læs mere: {told_citizens}",
    ),
    "search-without-results": Text(
        2,
        "Fra den {from_day} giver disse gemte søgninger ingen resultater, fordi de bruger en udgået"
        " stillingsbetegnelse: {items}. Udskift stillingsbetegnelsen, eller gem en ny søgning."
        "[ Mulige valg: {candidates}.] Læs mere: {told_citizens}",
    ),
    "job-agent-without-matches": Text(
        2,
        "Fra den {from_day} finder disse jobagenter ingen job, fordi de bruger en udgået stillingsbetegnelse: {items}."
        " Udskift stillingsbetegnelsen.[ Mulige valg: {candidates}.] Læs mere: {told_citizens}",
    ),
    "cv-agent-without-matches": Text(
        2,
        "Fra den {from_day} viser disse CV-agenter ingen CV'er, fordi de bruger en udgået stillingsbetegnelse: {items}."
        " Udskift stillingsbetegnelsen.[ Mulige valg: {candidates}.] Læs mere: {told_employers}",
    ),
    "adverts-title-retired": Text(
        2,
        "I bruger stillingsbetegnelser, der er udgået pr. {from_day}.[ Jobannoncer: {adverts}. De kan ikke findes ved"
        " søgning, før de er redigeret, og de udløber, hvis de ikke er redigeret senest den {last_day}.]"
        "[ Jobordrer: {job_orders}. Der skal vælges en ny stillingsbetegnelse, når de redigeres.]"
        "[ Mulige valg: {candidates}.] Læs mere: {told_employers}",
    ),
    "adverts-expire-soon": Text(
        2,
        "Disse jobannoncer bruger stadig en udgået stillingsbetegnelse: {adverts}. De udløber, hvis de ikke er"
        " redigeret senest den {last_day}.[ Mulige valg: {candidates}.] Læs mere: {told_employers}",
    ),
    "required-title-retired": Text(
        2,
        "Dine krav til jobsøgning nævner stillingsbetegnelser, der er udgået pr. {from_day}. Antal: {count}. De vises"
        " fortsat, markeret som udgået. Næste gang kravene redigeres, skal der vælges en gyldig."
        "[ Mulige valg: {candidates}.] Læs mere: {told_citizens}",
    ),
    "title-retired-in-requirement": Text(
        2,
        "En borger hos jer har stillingsbetegnelser i »Krav til jobsøgning«, der er udgået pr. {from_day}."
        " Antal: {count}. De vises markeret som udgået, og der skal vælges gyldige, næste gang kravene redigeres.",
    ),
    "application-title-retired": Text(
        2,
        "I har ansøgninger i VITAS med stillingsbetegnelser, der er udgået pr. {from_day}: {items}. De vises fortsat,"
        " markeret som udgået. Næste gang en ansøgning redigeres, skal der vælges en gyldig."
        "[ Mulige valg: {candidates}.] Læs mere: {told_employers}",
    ),
    "title-retired-in-application": Text(
        2,
        "En virksomhed har ansøgninger hos jer i VITAS med stillingsbetegnelser, der er udgået pr. {from_day}: {items}."
        " De vises markeret som udgået, og der skal vælges gyldige, næste gang de redigeres.",
    ),
    "grant-title-retired": Text(
        2,
        "I har bevillinger i VITAS med stillingsbetegnelser, der er udgået pr. {from_day}: {items}. De vises fortsat,"
        " markeret som udgået. Næste gang en bevilling redigeres, skal der vælges en gyldig."
        "[ Mulige valg: {candidates}.] Læs mere: {told_employers}",
    ),
    "title-retired-in-grant": Text(
        2,
        "En virksomhed har bevillinger fra jer i VITAS med stillingsbetegnelser, der er udgået pr. {from_day}: {items}."
        " De vises markeret som udgået, og der skal vælges gyldige, næste gang de redigeres.",
    ),
    "registration-granted": Text(1, "Du er tilmeldt som ledig."),
    "registration-refused-title-retired": Text(
        1,
        "Du kan ikke tilmeldes som ledig endnu, fordi en stillingsbetegnelse under »Jeg søger job som« er udgået."
        " Vælg en gyldig stillingsbetegnelse i stedet, og tilmeld dig igen.",
    ),
    "registration-refused-registered-title-retired": Text(
        1,
        "Du kan ikke tilmeldes som ledig endnu, fordi den stillingsbetegnelse, du sidst var tilmeldt med, er udgået."
        " Vælg en gyldig stillingsbetegnelse i stedet, og tilmeld dig igen.",
    ),
    "title-choice-granted": Text(1, "Stillingsbetegnelsen er valgt."),
    "title-choice-refused-too-early": Text(
        2, "Den nye stillingsbetegnelse kan først vælges her fra den {first_day}. Vælg indtil da en af de hidtidige."
    ),
    "title-choice-refused-too-late": Text(
        2,
        "De hidtidige stillingsbetegnelser kan fra den {first_day} ikke længere vælges her."
        " Vælg en stillingsbetegnelse fra ESCO-STAR.",
    ),
    "title-choice-refused-no-title": Text(
        1, "Stillingsbetegnelsen findes ikke i ESCO-STAR. Vælg en af dem, der vises."
    ),
    "title-choice-refused-no-area": Text(1, "Her vælges ingen stillingsbetegnelse, for området følger ikke ESCO-STAR."),
    "title-choice-refused-no-scheme": Text(
        1, "Stillingsbetegnelsen kan ikke vælges, for den er hverken fra DiscoAMS08 eller fra ESCO-STAR."
    ),
    "title-choice-refused-not-yours": Text(
        1, "Du kan ikke vælge en stillingsbetegnelse her: Den hører til et område, som andre end du har."
    ),
}
