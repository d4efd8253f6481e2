"""Texts about adverts through JobAD. They go on a public topic, so they name neither company nor number."""

from schemas.texts.text import Text

TEXTS = {
    "job-ad-granted": Text(1, "Jobannoncen er offentliggjort."),
    "job-ad-refused-client": Text(
        1, "Jobannoncen er afvist, fordi systemet ikke er registreret til at indsende jobannoncer. Kontakt STAR."
    ),
    "job-ad-refused-cvr": Text(
        1, "Jobannoncen er afvist: En anonym jobannonce skal have et gyldigt CVR-nummer på otte cifre."
    ),
    "job-ad-refused-p-number": Text(
        1, "Jobannoncen er afvist: En anonym jobannonce skal have et P-nummer på ti cifre."
    ),
    "job-ad-refused-shows-number": Text(
        1, "Jobannoncen er afvist: En anonym jobannonces overskrift og id'er må ikke vise dens CVR- eller P-nummer."
    ),
    "job-ad-refused-not-of-the-company": Text(
        1, "Jobannoncen er afvist: P-nummeret hører ikke til CVR-nummeret. Ret numrene, og indsend jobannoncen igen."
    ),
}
