-- ACC-1: whoever writes the SQL learns of a row by more than its result. Before a policy is asked, PostgreSQL lets its
-- own operators (=, <, like) look at a row, and `explain (analyze, buffers)` tells what they found. So the views of
-- providers stand on functions, which start at the reader's own referrals and touch no row of anybody else.

-- Who reads: the role that was set, as a gateway does, or else the account that logged in.
create function access.reader() returns text language sql stable set search_path = '' as $$
    select case when role = 'none' then session_user::text else role end from current_setting('role') role
$$;

-- Collation and `ends + 0` keep each look to this index: no setting of a reader's makes another one fit, which would
-- lead past other people's rows.
create index referral_reader on access.referral (provider collate "C", citizen collate "C", (ends + 0));
drop index access.referral_expr_idx;

-- ACC-3: nothing overtakes a record that could not be read. While a citizen is parked in `referral-register`, a
-- cancellation may wait behind that record, so nobody reads about the citizen. One look at one row of the ledger.
create function access.parked(citizen text, slice int) returns boolean language sql stable
return exists (
    select from ledger.slice s
    where s.consumer = 'referral-register' and s.slice = parked.slice and s.parked ? parked.citizen
);
revoke all on function access.parked(text, int) from public;

-- THE rule, as in 0015, and closed while the citizen is parked. It looks up the reader's own referrals of that citizen,
-- whatever others the citizen has.
create or replace function access.may_read(reader text, about text, by text default null) returns boolean
language plpgsql volatile security definer set search_path = '' set client_min_messages = error
set plan_cache_mode = force_generic_plan
set enable_indexscan = on set enable_seqscan = off set enable_bitmapscan = off as $$
begin
    if pg_catalog.current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'what a provider may read is judged at the moment of reading, not by an older snapshot'
            using errcode = 'active_sql_transaction', hint = 'Read in isolation level READ COMMITTED.';
    end if;
    return starts_with(reader, 'provider_') and exists (
        select from access.referral r, access.now
        where r.provider collate "C" = substr(reader, 10) and r.citizen collate "C" = about
            and (by is null or r.record = by)
            and r.reach = 'open' and now.today between r.first_day and r.ends and not access.parked(r.citizen, r.slice)
    );
end
$$;

-- No provider reads a table, also none that is granted to providers by mistake: not a row of it is looked at.
drop policy referred_now on access.referral;
drop policy referred_now on cv.status;
drop policy referred_now on titles.held;
create policy no_provider on access.referral as restrictive to dfdg_provider using (false);
create policy no_provider on cv.status as restrictive to dfdg_provider using (false);
create policy no_provider on titles.held as restrictive to dfdg_provider using (false);
create policy judged_by_may_read on access.referral for select to dfdg_provider_views using (true);

-- The functions belong to dfdg_provider_views too, which reads the columns of schemas/provider_fields.py and no other.
-- Their settings are the plan: an index scan for each of the reader's citizens, whatever the reader has set. Nor does
-- a plan, with its estimates, reach the reader as a message.
grant select (provider) on access.referral to dfdg_provider_views;
grant select (today) on access.now to dfdg_provider_views;
grant create on schema access, provider to dfdg_provider_views;
set local role dfdg_provider_views;

create function access.own_referrals() returns table (record text, citizen text, first_day date, last_day date)
language plpgsql as $$
declare
    me text := access.reader();
    day date := (select now.today from access.now);
begin
    perform retention.at_home();
    return query
    select r.record, r.citizen, r.first_day, r.ends from access.referral r
    where r.provider collate "C" = substr(me, 10) and r.ends + 0 >= day and access.may_read(me, r.citizen, r.record);
end
$$;

create function access.own_citizens()
returns table (citizen text, must_register boolean, must_be_searchable boolean, jobcentre text, from_day date)
language plpgsql as $$
declare
    one text;
begin
    for one in select distinct o.citizen from access.own_referrals() o loop
        return query
        select s.citizen, s.must_register, s.must_be_searchable, s.jobcentre, s.from_day
        from cv.status s where s.citizen = one;
    end loop;
end
$$;

create function access.own_job_wishes() returns table (citizen text, item text, scheme text, title text, text text)
language plpgsql as $$
declare
    one text;
begin
    for one in select distinct o.citizen from access.own_referrals() o loop
        return query
        select h.holder, h.item, h.scheme, h.title, h.text from titles.held h
        where h.holder = one and h.holder_kind = 'citizen' and h.area collate "C" = 'job-wishes'
            and h.scheme is not null and h.removed_at is null;
    end loop;
end
$$;

do $$
declare
    each regprocedure;
begin
    foreach each in array array[
        'access.own_referrals()', 'access.own_citizens()', 'access.own_job_wishes()']::regprocedure[]
    loop
        execute 'alter function ' || each || ' volatile security definer set search_path = '''' set'
            ' client_min_messages = error set plan_cache_mode = force_generic_plan'
            ' set enable_indexscan = on set enable_seqscan = off set enable_bitmapscan = off';
    end loop;
end
$$;
revoke all on function access.own_referrals, access.own_citizens, access.own_job_wishes from public;
grant execute on function access.own_referrals, access.own_citizens, access.own_job_wishes to dfdg_provider;

-- Each row is judged once more when it is given out, for a cursor may be older than that. `offset 0`: nothing of the
-- reader's query is done before.
create or replace view provider.referral with (security_barrier) as
select record, citizen, first_day, last_day from access.own_referrals()
where access.may_read(access.reader(), citizen, record) offset 0;

create or replace view provider.citizen with (security_barrier) as
select citizen, must_register, must_be_searchable, jobcentre, from_day from access.own_citizens()
where access.may_read(access.reader(), citizen) offset 0;

create or replace view provider.job_wish with (security_barrier) as
select citizen, item, scheme, title, text from access.own_job_wishes()
where access.may_read(access.reader(), citizen) offset 0;
reset role;
revoke create on schema access, provider from dfdg_provider_views;

-- Nor do the server's own figures: rows, sizes, traffic and locks of every table are told to everybody by default. Now to
-- operators and to members of pg_monitor. Only a superuser can take them back.
do $$
declare
    told text;
begin
    if not (select rolsuper from pg_roles where rolname = current_user) then
        raise warning 'providers can still count rows in pg_stat_user_tables: let a superuser run %',
            'the last statement of infra/migrations/0030_provider_views.sql';
        return;
    end if;
    for told in select oid::regprocedure from pg_proc where pronamespace = 'pg_catalog'::regnamespace and (
        proname like 'pg\_stat\_get\_%' and proname <> 'pg_stat_get_activity'
        or proname in ('pg_lock_status', 'pg_relation_size', 'pg_table_size', 'pg_indexes_size',
            'pg_total_relation_size', 'pg_database_size', 'pg_tablespace_size'))
    loop
        execute format('revoke all on function %s from public', told);
        execute format('grant execute on function %s to pg_monitor, dfdg_operator', told);
    end loop;
    revoke select on pg_class from public;
    grant select on pg_class to pg_monitor, dfdg_operator;
    execute (select format('grant select (%s) on pg_class to public', string_agg(attname, ', ')) from pg_attribute
        where attrelid = 'pg_class'::regclass and attnum > 0 and attname not like 'relall%'
            and attname not in ('reltuples', 'relpages'));
end
$$;
