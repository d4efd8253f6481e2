"""In which wave the titles of a business area are converted (TIT-1). An area without a row never is."""

from collections.abc import Mapping

from schemas.calendar import WAVE_1, WAVE_2

WAVES = {1: WAVE_1, 2: WAVE_2}
"""The day of each wave."""

WAVE_OF: Mapping[str, int] = {"job-wishes": 1, "adverts": 1, "my-plan": 2}


def areas_of(wave: int) -> list[str]:
    """The areas of that wave."""
    return [area for area, its in WAVE_OF.items() if its == wave]
