"""Texts about the Joblog."""

from schemas.texts.text import Text

TEXTS = {
    "joblog-closes-soon": Text(
        2,
        "Din joblog er sidst opdateret den {updated_on}. Den lukkes for dig den {closes_on}, hvis du ikke opdaterer"
        " den inden da. Indtil den dag kan du læse det, du sidst har opdateret. En jobsøgning, som du selv opdaterer,"
        " bliver stående. En ny jobsøgning holder joblogen åben, men bevarer ikke de gamle: en jobsøgning, som ikke"
        " selv er opdateret i 4 år, kan ikke vises igen.",
    ),
    "joblog-closed": Text(
        2,
        "Din joblog er lukket fra den {from_day}, fordi den ikke har været opdateret i 4 år. Den åbnes igen, når du"
        " registrerer en ny jobsøgning. Kun det, der stadig er fuldstændigt, bliver vist.",
    ),
}
