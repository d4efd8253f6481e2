-- RET-1: tjek jobforslag is the citizen's own check: when he or she logged in to Jobnet for it, and when he or she
-- acknowledged digitally that the job suggestions were looked at. Null where the source did not record it.
alter table register.job_suggestion_check add column logged_in_at timestamptz, add column acknowledged_at timestamptz;

create or replace view register.job_suggestion_checks as
select record, citizen, checked_on, outcome, updated_at, logged_in_at, acknowledged_at from register.open_checks() offset 0;
