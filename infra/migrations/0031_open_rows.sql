-- RET-5, RET-6, ACC-2, CV-6: as 0030, for readers of everybody. What is withheld, closed or held shares its table with
-- what is shown, and a condition in a view does not keep it from a reader's operators. So these views stand on functions
-- too, which give out what may be seen and nothing else. A reader of one person asks the function, by its index:
-- `select * from register.whole_joblog('c-1')`; the view reads everybody first.
do $$
declare
    made record;
begin
    for made in values ('register.open_checks', 'register.job_suggestion_check'),
        ('register.open_joblog', 'register.joblog_entry'), ('access.open_referrals', 'access.referral')
    loop
        execute format('create function %1$s(about text default null) returns setof %2$s language plpgsql as $f$
begin
    perform retention.at_home();
    return query select * from %2$s
    where reach = ''open'' and (about is null or citizen = about);
end
$f$', made.column1, made.column2);
    end loop;
end
$$;

create function register.whole_joblog(about text default null) returns setof register.joblog_entry
language plpgsql as $$
begin
    return query select * from register.open_joblog(about) j
    where not j.emptied and not exists (select from register.joblog_closed c where c.citizen = j.citizen);
end
$$;

create function access.shown_referrals(about text default null) returns setof access.referral
language plpgsql as $$
begin
    return query select * from access.open_referrals(about) r where r.first_day <= r.ends;
end
$$;

create function mailbox.visible_to(reader text default null) returns setof mailbox.notice
language plpgsql as $$
begin
    return query select * from mailbox.notice n
    where (reader is null or n.recipient = reader) and n.status = 'delivered' and not exists (
        select from mailbox.notice held where held.status = 'held' and held.about = n.about
            and held.recipient = n.recipient and held.recipient_kind = n.recipient_kind and held.number < n.number);
end
$$;

do $$
declare
    each regprocedure;
begin
    foreach each in array array[
        'register.open_checks(text)', 'register.open_joblog(text)', 'register.whole_joblog(text)',
        'access.open_referrals(text)', 'access.shown_referrals(text)', 'mailbox.visible_to(text)']::regprocedure[]
    loop
        execute 'alter function ' || each || ' stable security definer set search_path = '''''
            ' set plan_cache_mode = force_custom_plan set client_min_messages = error';
    end loop;
end
$$;

create or replace view register.job_suggestion_checks as
select record, citizen, checked_on, outcome, updated_at from register.open_checks() offset 0;
create or replace view register.joblog as
select record, citizen, applied_on, employer, position, how_applied, contact_person, advert_link, note, follow_up_on,
    answer, updated_at, emptied
from register.open_joblog() offset 0;
create or replace view register.citizen_joblog as
select record, citizen, applied_on, employer, position, how_applied, contact_person, advert_link, note, follow_up_on,
    answer, updated_at
from register.whole_joblog() offset 0;
create or replace view access.profile as
select r.citizen, r.record, r.provider, p.name as provider_name, r.first_day, r.ends as last_day,
    now.today between r.first_day and r.ends as referred_now
from access.now, access.shown_referrals() r left join access.provider p using (provider) offset 0;
create or replace view mailbox.visible as select * from mailbox.visible_to() offset 0;

-- mailbox.visible_to stays everybody's who may use the schema: systems of recipients have the view by grants of their own.
revoke all on function register.open_checks, register.open_joblog, register.whole_joblog, access.open_referrals,
    access.shown_referrals from public;
grant execute on function register.open_checks, register.open_joblog, access.open_referrals, access.shown_referrals
    to dfdg_operator;
grant execute on function register.whole_joblog, access.shown_referrals to dfdg_citizen_view;

-- Operators read referrals here; no longer the table, whose policy is a condition too.
create view access.referrals as select * from access.open_referrals() offset 0;
revoke select on access.referral from dfdg_operator;
grant select on access.referrals to dfdg_operator;
drop policy ordinary_reach on access.referral;
