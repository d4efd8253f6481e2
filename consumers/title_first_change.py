"""A title's first change, about the old title in its row: the ordinary case of a wave night, in one statement.

The statement does the same as `Item.change` (consumers/title_item.py), but no row travels to Python and back. All
other cases are left to `Item.change`. tests/consumers/test_title_first_change.py compares the two.
"""

from collections import Counter
from collections.abc import Sequence

from psycopg import Connection

from infra.arrays import jsons
from schemas.title_choice import TitleChosen
from schemas.titles import AdvertExpired, TitleChanged, TitleHeldRecorded

About = TitleHeldRecorded | TitleChosen | TitleChanged | AdvertExpired

_CHANGE = """
update titles.held h set outcome = c.outcome, outcome_title = c.title, candidates = c.candidates,
    alias_dropped = c.alias_dropped, wave = c.wave, table_version = c.table_version, rule = c.rule,
    from_day = c.from_day, changed_at = c.occurred_at, settled = true, ahead = false,
    scheme = case when c.title is null then h.scheme else 'esco-star' end, title = coalesce(c.title, h.title),
    alias = case when c.title is null then h.alias end,
    held_from = case when c.title is null then h.held_from else h.recorded_at end
from unnest(%b::jsonb[]) body, jsonb_to_record(body) as c (holder text, area text, item text, outcome text, title text,
    candidates text[], alias_dropped boolean, wave int, table_version text, rule text, from_day date,
    occurred_at timestamptz)
where (h.holder, h.area, h.item) = (c.holder, c.area, c.item)
    and h.scheme = 'discoams08' and h.held_from <= c.occurred_at and h.changed_at is null
returning h.holder, h.area, h.item
"""


def apply_first_changes(connection: Connection, about: Sequence[About]) -> Sequence[About]:
    """Apply the changes that are ordinary, and return the events that are left, in their order.

    An ordinary change is the only event of its item in the batch: several events of an item have an order.
    """
    once = Counter((event.holder, event.area, event.item) for event in about)
    changes = [
        event for event in about
        if isinstance(event, TitleChanged) and once[event.holder, event.area, event.item] == 1
    ]  # fmt: skip
    if not changes:
        return about
    bodies = jsons(change.model_dump_json().encode() for change in changes)
    done = set(connection.execute(_CHANGE, (bodies,)).fetchall())
    return [event for event in about if (event.holder, event.area, event.item) not in done]
