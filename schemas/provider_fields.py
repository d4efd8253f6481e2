"""The fields that a provider may read, all of them (ACC-1). Chosen: those that help a citizen to a job, no more.

The views of schema `provider` have these columns and the role behind them may read these; a test compares both ways.
"""

from typing import NamedTuple


class ProviderField(NamedTuple):
    """A view's column, the table and column that it comes from, and why a provider needs it."""

    view: str
    column: str
    table: str
    source: str
    why: str


FIELDS = (
    ProviderField("referral", "record", "access.referral", "record", "names the referral to the jobcentre"),
    ProviderField("referral", "citizen", "access.referral", "citizen", "who is referred"),
    ProviderField("referral", "first_day", "access.referral", "first_day", "the period"),
    ProviderField("referral", "last_day", "access.referral", "ends", "the period as it is, also when cancelled"),
    ProviderField("citizen", "citizen", "cv.status", "citizen", "whose duties these are"),
    ProviderField("citizen", "must_register", "cv.status", "must_register", "helps with the CV"),
    ProviderField("citizen", "must_be_searchable", "cv.status", "must_be_searchable", "helps with the CV"),
    ProviderField("citizen", "jobcentre", "cv.status", "jobcentre", "whom to ask"),
    ProviderField("citizen", "from_day", "cv.status", "from_day", "since when the duties hold"),
    ProviderField("job_wish", "citizen", "titles.held", "holder", "whose wish it is"),
    ProviderField("job_wish", "item", "titles.held", "item", "tells wishes apart"),
    ProviderField("job_wish", "scheme", "titles.held", "scheme", "what the title is taken from"),
    ProviderField("job_wish", "title", "titles.held", "title", "the job that is sought, as it is shown now"),
    ProviderField("job_wish", "text", "titles.held", "text", "the job that is sought, in the citizen's words"),
)

CONDITIONS = (
    ("access.referral", "provider"),
    ("access.now", "today"),
    ("titles.held", "holder_kind"),
    ("titles.held", "area"),
    ("titles.held", "removed_at"),
)
"""Columns that only conditions name, of the functions behind the views: shown to nobody."""
