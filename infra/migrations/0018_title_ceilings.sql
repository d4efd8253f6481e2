-- CV-6: ceilings of the new reasons about job titles (chosen, reviewed). As 0004_cv.sql: the night of a wave goes beyond
-- on purpose, and is announced beforehand.
insert into flood.ceiling (reason, ceiling) values
    ('registered-title-retired', 50000),
    ('search-without-results', 50000),
    ('job-agent-without-matches', 50000),
    ('cv-agent-without-matches', 10000),
    ('adverts-title-retired', 10000),
    ('adverts-expire-soon', 10000),
    ('required-title-retired', 50000),
    ('title-retired-in-requirement', 50000),
    ('application-title-retired', 10000),
    ('title-retired-in-application', 10000),
    ('grant-title-retired', 10000),
    ('title-retired-in-grant', 10000);
