"""Every topic, one line each. Created from here, never automatically."""

from schemas import (
    bi,
    clock,
    companies,
    cv,
    job_suggestions,
    jobad,
    jobkon,
    joblog,
    logins,
    notices,
    referrals,
    registration,
    retention,
    title_choice,
    title_publication,
    titles,
    vitas_grants,
    vitas_users,
)
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

LOGIN_RECORDED = Topic("dfdg.login-recorded-v1", logins.LoginRecorded)
BROWSER_ADVICE_GIVEN = Topic("dfdg.browser-advice-given-v1", logins.BrowserAdviceGiven, PUBLIC, LEDGER)
VITAS_USER_RECORDED = Topic("dfdg.vitas-user-recorded-v1", vitas_users.VitasUserRecorded)
VITAS_USER_REACTIVATED_RECORDED = Topic(
    "dfdg.vitas-user-reactivated-recorded-v1", vitas_users.VitasUserReactivatedRecorded
)
VITAS_USER_CHANGED = Topic("dfdg.vitas-user-changed-v1", vitas_users.VitasUserChanged, PUBLIC, LEDGER)
VITAS_LOGIN_REQUESTED = Topic("dfdg.vitas-login-requested-v1", vitas_users.VitasLoginRequested)
VITAS_LOGIN_ANSWERED = Topic("dfdg.vitas-login-answered-v1", vitas_users.VitasLoginAnswered, PUBLIC, LEDGER)
TITLE_CHOICE_REQUESTED = Topic("dfdg.title-choice-requested-v1", title_choice.TitleChoiceRequested)
TITLE_CHOICE_ANSWERED = Topic("dfdg.title-choice-answered-v1", title_choice.TitleChoiceAnswered, PUBLIC, LEDGER)
TITLE_CHOSEN = Topic("dfdg.title-chosen-v1", title_choice.TitleChosen, writer=LEDGER)
ADVERT_EXPIRED = Topic("dfdg.advert-expired-v1", titles.AdvertExpired, PUBLIC, LEDGER)
MENTOR_GRANT_REQUESTED = Topic("dfdg.vitas-mentor-grant-requested-v1", vitas_grants.MentorGrantRequested)
MENTOR_GRANT_ANSWERED = Topic("dfdg.vitas-mentor-grant-answered-v1", vitas_grants.MentorGrantAnswered, PUBLIC, LEDGER)
VITAS_ADVERT_REQUESTED = Topic("dfdg.vitas-advert-requested-v1", vitas_grants.VitasAdvertRequested)
VITAS_ADVERT_ANSWERED = Topic("dfdg.vitas-advert-answered-v1", vitas_grants.VitasAdvertAnswered, PUBLIC, LEDGER)

JOBKON_FUNCTION_REQUESTED = Topic("dfdg.jobkon-function-requested-v1", jobkon.JobkonFunctionRequested)
JOBKON_FUNCTION_ANSWERED = Topic("dfdg.jobkon-function-answered-v1", jobkon.JobkonFunctionAnswered, PUBLIC, LEDGER)

BI_ACCESS_RECORDED = Topic("dfdg.bi-access-recorded-v1", bi.BiAccessRecorded)
BI_LOGIN_REQUESTED = Topic("dfdg.bi-login-requested-v1", bi.BiLoginRequested)
BI_LOGIN_ANSWERED = Topic("dfdg.bi-login-answered-v1", bi.BiLoginAnswered, PUBLIC, LEDGER)
BI_RIGHTS_MOVED_REQUESTED = Topic("dfdg.bi-rights-moved-requested-v1", bi.BiRightsMovedRequested)
BI_RIGHTS_MOVED_ANSWERED = Topic("dfdg.bi-rights-moved-answered-v1", bi.BiRightsMovedAnswered, PUBLIC, LEDGER)
BI_MODULE_REQUESTED = Topic("dfdg.bi-module-requested-v1", bi.BiModuleRequested)
BI_MODULE_DECIDED_RECORDED = Topic("dfdg.bi-module-decided-recorded-v1", bi.BiModuleDecidedRecorded)
BI_MODULE_ANSWERED = Topic("dfdg.bi-module-answered-v1", bi.BiModuleAnswered, PUBLIC, LEDGER)
BI_USER_CHANGED = Topic("dfdg.bi-user-changed-v1", bi.BiUserChanged, writer=LEDGER)

CLIENT_SYSTEM_RECORDED = Topic("dfdg.client-system-recorded-v1", jobad.ClientSystemRecorded)
COMPANY_REGISTERED = Topic("dfdg.company-registered-v1", companies.CompanyRegistered)
JOB_AD_SUBMITTED = Topic("dfdg.job-ad-submitted-v1", jobad.JobAdSubmitted)
JOB_AD_NUMBERS_TO_CHECK = Topic("dfdg.job-ad-numbers-to-check-v1", jobad.JobAdNumbersToCheck, writer=LEDGER)
JOB_AD_ANSWERED = Topic("dfdg.job-ad-answered-v1", jobad.JobAdAnswered, PUBLIC, LEDGER)
ADVERT_PUBLISHED = Topic("dfdg.jobad-advert-published-v1", jobad.AdvertPublished, PUBLIC, LEDGER)

NOTICE_ISSUED = Topic("dfdg.notice-issued-v1", notices.NoticeIssued, writer=LEDGER)

LABELS_KEPT_DAYS = 3_650
"""A new subscriber gets every version: a label resolves for every title ever published (TIT-11, TIT-14)."""
TITLE_PUBLISHED = Topic(
    "dfdg.title-published-v1", title_publication.TitlePublished, PUBLIC, retention_days=LABELS_KEPT_DAYS
)
PROVIDER_RECORDED = Topic("dfdg.provider-recorded-v1", referrals.ProviderRecorded)
REFERRAL_RECORDED = Topic("dfdg.referral-recorded-v1", referrals.ReferralRecorded)
ACCESS_CHANGED = Topic("dfdg.access-changed-v1", referrals.AccessChanged, writer=LEDGER)
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
"""The worker that owns its partition n owns slice n of every topic (DESIGN 2.2)."""
