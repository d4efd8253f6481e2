"""What a decision knows of a subject, and the day it waits for."""

from datetime import date

from pydantic import BaseModel, ConfigDict


class State(BaseModel):
    """Base of every decision's state. `wakes_on` is the next day on which time alone changes something, or None."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    wakes_on: date | None = None
