"""Every topic, one line each. Created from here, never automatically."""

from schemas import clock, cv, job_suggestions, joblog, notices, registration, retention, titles
from schemas.topic import Audience, Topic, Writer

PUBLIC, LEDGER = Audience.PUBLIC, Writer.LEDGER

DAY_BEGUN = Topic("dfdg.clock-day-begun-v1", clock.DayBegun, broadcast=True)

SITUATION_RECORDED = Topic("dfdg.citizen-situation-recorded-v1", cv.SituationRecorded)
CV_EXEMPTION_RECORDED = Topic("dfdg.cv-exemption-recorded-v1", cv.CvExemptionRecorded)
CV_REQUIREMENT_CHANGED = Topic("dfdg.cv-requirement-changed-v1", cv.CvRequirementChanged, PUBLIC, LEDGER)

TITLE_TABLE_PUBLISHED = Topic("dfdg.title-table-published-v1", titles.TitleTablePublished, broadcast=True)
TITLE_HELD_RECORDED = Topic("dfdg.title-held-recorded-v1", titles.TitleHeldRecorded)
TITLE_CHANGED = Topic("dfdg.title-changed-v1", titles.TitleChanged, PUBLIC, LEDGER)
TITLE_REPLACED = Topic("dfdg.title-replaced-v1", titles.TitleReplaced, writer=LEDGER)
TITLE_RECONVERSION_DUE = Topic("dfdg.title-reconversion-due-v1", titles.TitleReconversionDue, writer=LEDGER)

REGISTRATION_REQUESTED = Topic("dfdg.registration-requested-v1", registration.RegistrationRequested)
REGISTRATION_ANSWERED = Topic("dfdg.registration-answered-v1", registration.RegistrationAnswered, PUBLIC, LEDGER)

NOTICE_ISSUED = Topic("dfdg.notice-issued-v1", notices.NoticeIssued, writer=LEDGER)

JOB_SUGGESTION_CHECK_RECORDED = Topic(
    "dfdg.job-suggestion-check-recorded-v1", job_suggestions.JobSuggestionCheckRecorded
)
JOBLOG_ENTRY_RECORDED = Topic("dfdg.joblog-entry-recorded-v1", joblog.JoblogEntryRecorded)
JOBLOG_STANDING_CHANGED = Topic("dfdg.joblog-standing-changed-v1", joblog.JoblogStandingChanged, writer=LEDGER)
LEGAL_HOLD_RECORDED = Topic("dfdg.retention-legal-hold-recorded-v1", retention.LegalHoldRecorded)
RECORD_AGED = Topic("dfdg.retention-record-aged-v1", retention.RecordAged, writer=LEDGER)
DELETION_ORDERED = Topic("dfdg.retention-deletion-ordered-v1", retention.DeletionOrdered, writer=LEDGER)
DELETION_BLOCKED = Topic("dfdg.retention-deletion-blocked-v1", retention.DeletionBlocked, writer=LEDGER)
RECORD_DELETED = Topic("dfdg.retention-record-deleted-v1", retention.RecordDeleted, writer=LEDGER)

TOPICS: tuple[Topic, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Topic))
BY_NAME = {topic.name: topic for topic in TOPICS}
LEAD = DAY_BEGUN
"""Whoever owns its partition n owns slice n of every topic (DESIGN 2.2)."""
