"""The Central Business Register (CVR): which P-numbers belong to a company."""

from schemas.topics import COMPANY_REGISTERED

WRITES = (COMPANY_REGISTERED,)
