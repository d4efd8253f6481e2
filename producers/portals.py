"""What every portal writes: Jobnet, JobAG, JobKon, VITAS and bi.star.dk at a login, and whichever keeps a job title.

A field of the event names the portal or the business area.
"""

from schemas.topics import LOGIN_RECORDED, TITLE_CHOICE_REQUESTED, TITLE_HELD_RECORDED

WRITES = (LOGIN_RECORDED, TITLE_HELD_RECORDED, TITLE_CHOICE_REQUESTED)
