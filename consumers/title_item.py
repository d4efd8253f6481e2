"""One item of the title register, made of its facts and its changes, which come in no common order."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from schemas.event import Moment
from schemas.titles import AdvertExpired, TitleChanged, TitleHeldRecorded

OLD, NEW = "discoams08", "esco-star"
RECONVERSION = "TIT-10"
"""The rule of a change that a corrected table brings to a title that is already replaced."""


class Item(BaseModel):
    """A row of `titles.held`, column by column; the SQL of the table explains the columns.

    Facts are in order among themselves, and so are changes. A change is about an old title that stood at its time: one
    recorded not after it, and certainly one recorded at that very moment. Where several facts fit, the change is about
    the fact at hand. A fact is late when it comes after its wave has begun here, and after another fact has used the
    change up: its own change follows. Facts and granted choices come on two topics without a common order: of a fact
    and a choice the later counts.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    holder: str
    area: str
    item: str
    slice: int
    holder_kind: str
    scheme: str | None = None
    title: str | None = None
    alias: str | None = None
    text: str | None = None
    chosen: bool = False
    outcome: str | None = None
    outcome_title: str | None = None
    candidates: list[str] = []
    alias_dropped: bool = False
    wave: int | None = None
    table_version: str | None = None
    rule: str | None = None
    from_day: date | None = None
    changed_at: Moment | None = None
    settled: bool = False
    ahead: bool = False
    first_recorded_at: Moment | None = None
    held_from: Moment | None = None
    recorded_at: Moment | None = None
    removed_at: Moment | None = None
    intake_as: str | None = None
    intake_hash: str | None = None
    intake_edited: bool = False
    requested_at: Moment | None = None
    expired_at: Moment | None = None

    def record(self, fact: TitleHeldRecorded, wave_begun: bool, *, requested: bool = False) -> None:
        """Apply the holder's fact, or its granted choice. A removed item keeps its title, for the reconciliation."""
        last = max((at for at in (self.recorded_at, self.removed_at) if at is not None), default=None)
        if last is not None and fact.occurred_at < last and requested != (last == self.requested_at):
            return
        if requested:
            self.requested_at = fact.occurred_at
        if fact.removed:
            self.removed_at = fact.occurred_at
            return
        if not self._says_again(fact):
            self._show(fact, wave_begun)
        else:
            self.settled = self.settled or fact.occurred_at == self.changed_at
            self.first_recorded_at = fact.occurred_at if self.removed_at is not None else self.first_recorded_at
            self.alias, self.removed_at = fact.alias, None
        self.recorded_at = fact.occurred_at
        self._replace()

    def change(self, change: TitleChanged) -> None:
        """Apply the title's outcome; of a title that a person chose only the outcome is noted (TIT-10)."""
        again = change.rule == RECONVERSION
        self.outcome, self.candidates = change.outcome, change.candidates
        self.outcome_title = change.title or (self.outcome_title if again else None)
        self.alias_dropped = change.alias_dropped or (again and self.alias_dropped)
        self.wave, self.table_version = change.wave, change.table_version
        self.rule, self.from_day = change.rule, change.from_day
        # A new table is applied as of its day's beginning: a change may bear an earlier time than the one before it.
        self.changed_at = max(change.occurred_at, self.changed_at or change.occurred_at)
        if self.scheme == OLD and self.held_from is not None and self.held_from <= self.changed_at:
            self.settled, self.ahead = True, False
        elif not again:
            self.ahead = self.recorded_at is None or self.recorded_at < change.occurred_at
        self._replace()

    def expire(self, expired: AdvertExpired) -> None:
        """The advert ended, if it was not edited before: a title that a person chose stands all the same (TIT-6)."""
        self.expired_at = expired.occurred_at

    def _says_again(self, fact: TitleHeldRecorded) -> bool:
        """True also after the item was removed: what stood is no new start, nor is an expired advert (TIT-6)."""
        return self.scheme == OLD and (fact.scheme, fact.title) == (self.scheme, self.title)

    def _show(self, fact: TitleHeldRecorded, wave_begun: bool) -> None:
        old, at, changed_at = fact.scheme == OLD, fact.occurred_at, self.changed_at
        self.settled = (
            old and changed_at is not None and at <= changed_at and (self.ahead or not wave_begun or at == changed_at)
        )
        self.ahead = self.ahead and not old
        self.intake_edited = self.intake_edited or (self.intake_hash is not None and fact.text != self.text)
        stood = self.first_recorded_at if self.removed_at is None else None
        self.first_recorded_at = min(at, stood or at)
        self.scheme, self.title, self.alias, self.text = fact.scheme, fact.title, fact.alias, fact.text
        self.chosen, self.held_from, self.removed_at = fact.scheme == NEW, at, None

    def _replace(self) -> None:
        """TIT-9: the new title takes the place of the original, of which nothing stays."""
        if self.settled and self.outcome_title is not None:
            self.scheme, self.title, self.alias = NEW, self.outcome_title, None
            self.held_from = self.recorded_at
