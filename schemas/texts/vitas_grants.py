"""Texts about requests in VITAS."""

from schemas.texts.text import Text

TEXTS = {
    "mentor-grant-granted": Text(1, "Mentorbevillingen er oprettet."),
    "mentor-grant-refused-measure": Text(
        1, "Mentorbevillingen kan ikke oprettes, fordi den ordning, som den skal følge, ikke findes."
    ),
    "mentor-grant-refused-type": Text(
        1,
        "Mentorbevillingen kan ikke oprettes, fordi mentorbevillingstypen ikke findes. Vælg »Mentor, individuel« eller"
        " »Mentor, plads«.",
    ),
    "mentor-grant-refused-no-type": Text(
        1,
        "Mentorbevillingen kan ikke oprettes, fordi mentorbevillingstypen mangler. Vælg »Mentor, individuel«, hvis"
        " aftalen er indgået for en enkelt person, eller »Mentor, plads«, hvis den er del af en rammeaftale mellem"
        " jobcenter og virksomhed.",
    ),
    "vitas-advert-granted": Text(1, "Jobannoncen kan oprettes."),
    "vitas-advert-refused-paused": Text(
        1,
        "Jobannoncer kan ikke oprettes i VITAS fra og med den {first_day} til og med den {last_day}."
        " Kontakt jobcenteret, som kan oprette jobannoncen.",
    ),
}
