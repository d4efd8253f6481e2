"""JobAD, the web service by which client systems submit adverts, and its list of registered clients."""

from schemas.topics import CLIENT_SYSTEM_RECORDED, JOB_AD_SUBMITTED

WRITES = (CLIENT_SYSTEM_RECORDED, JOB_AD_SUBMITTED)
