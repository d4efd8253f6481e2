"""Texts about the Joblog."""

from schemas.texts.text import Text

TEXTS = {
    "joblog-closes-soon": Text(
        1,
        "Din joblog er ikke opdateret i næsten 4 år. Den lukkes for dig den {closes_on}, hvis du ikke opdaterer den"
        " inden da. Oplysninger, som er ældre end 4 år, kan ikke vises igen.",
    ),
    "joblog-closed": Text(
        2,
        "Din joblog er lukket fra den {from_day}, fordi den ikke har været opdateret i 4 år. Den åbnes igen, når du"
        " registrerer en ny jobsøgning. Kun det, der stadig er fuldstændigt, bliver vist.",
    ),
}
