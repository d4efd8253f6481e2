-- From a record's deadline to its deletion (RET-1 … RET-9).
create schema retention;
revoke all on schema retention from public;

-- The rows of schemas/retention_areas.py for SQL; a test compares them. A changed rule is one more row (RET-7).
create table retention.area (
    code text not null,
    rule text not null,
    years int not null,
    anchor_sql text not null,
    relation text not null,   -- an area whose table another part makes is passed over until it is there
    still text not null,      -- what of the table the area still has
    archive text,             -- the area's name in archive.delivered: it must be archived first
    applies_from date not null,
    primary key (code, applies_from)
);
insert into retention.area values
    ('job-suggestion-checks', 'RET-1', 6, 'checked_on', 'register.job_suggestion_check', 'true', 'job-suggestion-checks', '2021-06-14'),
    ('referrals', 'RET-2', 6, 'ends', 'access.referral', 'true', 'referrals', '2021-06-14'),
    ('joblog-voluntary', 'RET-3', 4, 'updated_on', 'register.joblog_entry', 'not emptied', null, '2021-06-14'),
    ('joblog-mandatory', 'RET-4', 6, 'updated_on', 'register.joblog_entry', 'true', 'joblog', '2021-06-14');

-- What stands against deletion (RET-6), as consumer `deletions` last heard of it. The row goes with the release.
create table retention.hold (
    hold text primary key,
    citizen text not null,
    record text,             -- null: all of the citizen's
    handler text not null    -- the account of the one who may read what is held
);
create index on retention.hold (citizen);

-- The receipt of each deletion, which also keeps the record from coming back (RET-8). Record ids are random, so there
-- is no personal data in it, and it stays. Each slice's receipts are a chain: `hash` covers `previous`.
create table retention.receipt (
    slice int not null,
    number bigint not null,  -- dense, from 1
    area text not null,
    record text not null,
    rule text not null,
    due date not null,
    deleted_on date not null,
    reference text,          -- the National Archives' approval, where the area is archived first
    previous text not null,
    hash text not null,
    primary key (area, record),
    unique (slice, number)
);

-- How far each slice has looked for due records on its day (`ageing`): resumable after any stop.
create table retention.ageing (
    area text not null,
    slice int not null,
    day date not null,
    anchor date not null,
    record text not null,
    done boolean not null,
    alarm text,              -- why none of the area goes on that day (RET-9)
    primary key (area, slice)
) with (fillfactor = 50);

-- How many records were found blocked, by area, day and reason; each row was alarmed once (RET-6). No personal data.
create table retention.blocked (
    area text not null,
    day date not null,
    reason text not null check (reason in ('no-receipt', 'hold')),
    records bigint not null,
    primary key (area, day, reason)
) with (fillfactor = 50);

-- RET-9: of an area's records in a slice, no more than this share may go on one day, unless a night is announced.
-- Reviewed rows (chosen): an ordinary day takes one day's records of six years, less than a thousandth.
create table retention.ceiling (
    area text primary key,
    share numeric not null check (share between 0 and 1),
    from_records int not null check (from_records >= 0) -- so few are no flood, whatever their share
);
insert into retention.ceiling values
    ('job-suggestion-checks', 0.05, 500),
    ('referrals', 0.05, 500),
    ('joblog-voluntary', 0.05, 500),
    ('joblog-mandatory', 0.05, 500);

create table retention.announced (
    area text not null,
    day date not null,
    share numeric not null check (share between 0 and 1),
    who text not null check (who <> ''),
    at timestamptz not null default clock_timestamp(),
    primary key (area, day)
);

-- Who read a record that is out of ordinary reach, when and why (RET-6). `record` null: the archive job read the area.
create table retention.reading (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    who text not null,
    area text not null,
    record text,
    why text not null check (why <> '')
);

-- The nth anniversary as schemas/dates.py computes it: never early, 1 March for 29 February.
create function retention.due(anchor date, years int) returns date language sql immutable as $$
    select day + (extract(day from day) <> extract(day from anchor))::int
    from (select (anchor + make_interval(years => years))::date as day) anniversary
$$;

-- Every record past its deadline on that day, and what becomes of it. Computed apart from the job that deletes, so it
-- also shows what the job has left behind (RET-9). Names records, which are random, and nobody.
create function retention.due_records(at date)
returns table (area text, rule text, record text, anchor date, due date, outcome text, reference text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    law record;
begin
    for law in select distinct on (code) * from retention.area where applies_from <= at order by code, applies_from desc
    loop
        continue when to_regclass(law.relation) is null;
        return query execute format(
            'select %L::text, %L::text, t.record, %s, retention.due(%s, %s),
                case when exists (
                    select from retention.hold h
                    where h.citizen = t.citizen and (h.record is null or h.record = t.record)
                ) then ''hold'' when %L::text is not null and a.reference is null then ''no-receipt'' else ''goes'' end,
                a.reference
            from %s t left join lateral (
                select min(d.reference) as reference from archive.delivered x join archive.delivery d using (delivery)
                where x.area = %L and x.record = t.record and x.updated_at >= t.updated_at
            ) a on true where %s and %s <= $1 - interval ''%s years'' + interval ''1 day''
                and retention.due(%s, %s) <= $1',
            law.code, law.rule, law.anchor_sql, law.anchor_sql, law.years, law.archive, law.relation, law.archive,
            law.still, law.anchor_sql, law.years, law.anchor_sql, law.years
        ) using at;
    end loop;
end
$$;

create function retention.standing(at date)
returns table (area text, rule text, outcome text, records bigint, overdue bigint, oldest_due date)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select area, rule, outcome, count(*), count(*) filter (where due < at), min(due)
    from retention.due_records(at) group by area, rule, outcome order by rule, outcome
$$;

-- RET-8: where this database is at home: this server's data, on this course of its log, under this number. A database
-- that was restored, from a dump or to a moment, is not at home, and shows nobody a record before the receipts were
-- replayed, for it may hold what has been deleted since.
create table retention.home (
    one boolean primary key default true check (one),
    place text not null,
    at timestamptz not null default clock_timestamp()
);
create function retention.here() returns text language sql stable as $$
    select concat_ws('/', s.system_identifier, c.timeline_id, d.oid)
    from pg_control_system() s, pg_control_checkpoint() c, pg_database d where d.datname = current_database()
$$;
insert into retention.home (place) select retention.here();
create function retention.at_home() returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select from retention.home where place = retention.here()) then
        return true;
    end if;
    raise exception 'This database was restored: it may hold what has been deleted since.'
        using hint = 'Replay the receipts: dfdg retention replay.';
end
$$;

-- What ordinary readers see: nothing that is withheld, nothing in a database that was restored and not yet cleaned.
create view register.job_suggestion_checks as
select record, citizen, checked_on, outcome, updated_at from register.job_suggestion_check
where reach = 'open' and (select retention.at_home());
create view register.joblog as
select record, citizen, applied_on, employer, position, how_applied, contact_person, advert_link, note, follow_up_on,
    answer, updated_at, emptied
from register.joblog_entry where reach = 'open' and (select retention.at_home());
-- RET-5: what the citizen sees: whole entries of a Joblog that is not closed.
create view register.citizen_joblog as
select record, citizen, applied_on, employer, position, how_applied, contact_person, advert_link, note, follow_up_on,
    answer, updated_at
from register.joblog j
where not emptied and not exists (select from register.joblog_closed c where c.citizen = j.citizen);

-- RET-6: the only way to a withheld record: for the archive job, and for the case handler that a hold on it names, each
-- by the account that it logged in with. The reading is logged with the reader's name.
create function retention.read_withheld(area text, record text, why text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    relation text := (select a.relation from retention.area a where a.code = read_withheld.area limit 1);
    found jsonb;
begin
    if relation is null or to_regclass(relation) is null then
        raise exception 'There is no area % here.', area;
    end if;
    perform retention.at_home();
    execute format('select to_jsonb(t) from %s t where t.record = $1 and t.reach = ''withheld''', relation)
        into found using record;
    if not (found is not null and (pg_has_role(session_user, 'dfdg_archive', 'member') or exists (
        select from retention.hold h where h.handler = session_user and h.citizen = found ->> 'citizen'
            and (h.record is null or h.record = read_withheld.record)
    ))) then
        raise exception 'Record % is not withheld, or % may not read it.', record, session_user
            using errcode = 'insufficient_privilege';
    end if;
    insert into retention.reading (who, area, record, why)
    values (session_user, read_withheld.area, read_withheld.record, read_withheld.why);
    return found;
end
$$;
revoke all on function retention.due_records, retention.standing, retention.read_withheld from public;

do $$
declare
    name text;
begin
    foreach name in array array['dfdg_archive', 'dfdg_case_handler'] loop
        begin
            execute format('create role %I nologin', name);
        exception when duplicate_object or unique_violation then
            raise notice 'role % is there already', name;
        end;
    end loop;
end
$$;
grant usage on schema register, retention to dfdg_operator, dfdg_citizen_view, dfdg_archive, dfdg_case_handler;
grant select on register.job_suggestion_checks, register.joblog to dfdg_operator;
grant select on register.citizen_joblog to dfdg_citizen_view;
grant select on all tables in schema retention to dfdg_operator;
grant execute on function retention.due_records, retention.standing to dfdg_operator;
grant execute on function retention.read_withheld to dfdg_archive, dfdg_case_handler;

-- An ordinary day brings some hundred; the first days of the release tell everybody whose Joblog is old already (chosen).
insert into flood.ceiling (reason, ceiling) values ('joblog-closes-soon', 50000), ('joblog-closed', 50000);
