"""Texts at a login: an unsupported browser, and an inactive user of VITAS."""

from schemas.texts.text import Text

TEXTS = {
    "browser-advice": Text(
        1,
        "Du bruger Internet Explorer 11, som {system} ikke længere understøtter. Dele af systemet vil ikke fungere"
        " efter hensigten. Se, hvordan du skifter browser: {change_browser}",
    ),
    "vitas-login-granted": Text(1, "Du kan logge på VITAS."),
    "vitas-login-refused-inactive": Text(
        1,
        "Du kan ikke logge på VITAS, fordi din bruger er inaktiv: Den har ikke været logget på i 18 måneder."
        " Kontakt jobcenteret, som kan gøre brugeren aktiv igen.",
    ),
}
