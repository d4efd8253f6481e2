-- Saying the same thing again is no change: nightly exports keep no data for ever, and no advert.

-- When the source last said what the row holds, if it did so after `updated_at`; which stays. Goes with the row.
alter table register.job_suggestion_check add column said_at timestamptz;
alter table register.joblog_entry add column said_at timestamptz;
alter table access.referral add column said_at timestamptz;

-- TIT-6: an advert that has expired stays so, however often it is recorded again, until its title is another one.
create or replace view titles.advert as
select holder as employer, area, item as advert, scheme, title, candidates, not invalid as searchable,
    invalid and coalesce(expired_at >= greatest(held_from, changed_at), false) as expired
from titles.standing where area in ('adverts', 'eures', 'jobad');
comment on column titles.held.expired_at is 'the advert ended then, unless its title is another one since (TIT-6)';
