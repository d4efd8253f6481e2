"""Texts about bi.star.dk and its move to NemLog-in."""

from schemas.texts.text import Text

TEXTS = {
    "bi-nemlogin-comes": Text(
        2,
        "Fra og med den {day} logger man på bi.star.dk med NemLog-in og en medarbejdersignatur. Har du ingen"
        " medarbejdersignatur, så kontakt administratoren i din egen organisation. Første gang skal du vælge »Gå til"
        " flyt rettigheder« for at få dine moduler igen. Se quick-guide til eksisterende brugere: {quick_guide}",
    ),
    "bi-login-granted": Text(1, "Du er logget på bi.star.dk."),
    "bi-login-rights-to-move": Text(
        1,
        "Du er logget på bi.star.dk med NemLog-in. Dine moduler er der, når du har flyttet dine rettigheder: vælg »Gå"
        " til flyt rettigheder«.",
    ),
    "bi-login-no-modules": Text(
        2,
        "Du er logget på bi.star.dk, men har ingen moduler. Anmod den brugeransvarlige i din organisation om adgang."
        " Se, hvordan man gør: {user_guide}",
    ),
    "bi-login-refused-not-yet": Text(1, "NemLog-in til bi.star.dk åbner den {day}. Brug det hidtidige login."),
    "bi-login-refused-no-such-login": Text(
        1, "Du kan ikke logge på bi.star.dk på denne måde. Gå ind på bi.star.dk, og log på derfra."
    ),
    "bi-login-refused-unknown": Text(
        1, "Du har ikke adgang til bi.star.dk. Kontakt den brugeransvarlige i din organisation for at få adgang."
    ),
    "bi-login-refused-use-nemlogin": Text(
        1, "Det hidtidige login til bi.star.dk er erstattet. Log på med NemLog-in og din medarbejdersignatur."
    ),
    "bi-login-refused-closed": Text(
        1, "Din gamle adgang til bi.star.dk er lukket. Log på med NemLog-in og din medarbejdersignatur."
    ),
    "bi-login-refused-no-signature": Text(
        1,
        "bi.star.dk kræver NemLog-in med en medarbejdersignatur. Kontakt administratoren i din egen organisation for at"
        " få den udstedt.",
    ),
    "bi-rights-moved": Text(1, "Dine rettigheder er flyttet. Den gamle adgang er lukket."),
    "bi-rights-moved-before": Text(1, "Dine rettigheder er allerede flyttet. Intet er ændret."),
    "bi-rights-refused-not-yet": Text(1, "Rettigheder kan flyttes fra og med den {day}."),
    "bi-rights-refused-nothing": Text(
        2,
        "Du har ingen rettigheder at flytte. Anmod den brugeransvarlige i din organisation om adgang. Se, hvordan man"
        " gør: {user_guide}",
    ),
    "bi-module-granted": Text(2, "Du har fået adgang til modulet {module} på bi.star.dk[ fra den {from_day}]."),
    "bi-module-refused": Text(2, "Du har[ den {from_day}] fået afslag på adgang til modulet {module} på bi.star.dk."),
    "bi-module-asked": Text(
        2,
        "En bruger har den {from_day} anmodet om adgang til modulet {module}. Giv eller afslå adgang. Se, hvordan man"
        " gør: {responsible_guide}",
    ),
    "bi-module-decided": Text(
        2, "Din afgørelse af den {from_day} er registreret. Modul: {module}. Adgang givet: {granted}."
    ),
    "bi-access-created": Text(
        2,
        "Du har fået adgang til bi.star.dk fra den {from_day}.[ Moduler: {modules}.] Se brugervejledningen:"
        " {user_guide}",
    ),
    "bi-access-created-by-you": Text(
        2, "Adgangen er oprettet den {from_day}, og brugeren har besked.[ Moduler: {modules}.]"
    ),
    "bi-module-refused-own": Text(
        1, "Du kan ikke selv give dig adgang til modulet {module}. Anmod den brugeransvarlige i din organisation."
    ),
    "bi-module-decided-by-another": Text(
        1,
        "En anden end dig har den {from_day} taget stilling til en brugers anmodning om adgang til modulet {module}."
        " Det gælder ikke: Anmodningen venter stadig på dig. Giv eller afslå adgang.",
    ),
}
