-- ACC-1, ACC-2, ACC-3: which provider may read about which citizen, on which days. What providers and citizens are shown
-- comes from one table, and one function says whether a window is open.
create schema access;
revoke all on schema access from public;

-- One row a referral, as last recorded; what came of it over time stands in the journal.
-- RET-2, RET-8: a row goes 6 years after its period ended, by the retention part. Consumers write all but `reach`.
create table access.referral (
    record text primary key,
    citizen text not null,
    slice int not null,
    provider text not null check (provider ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    first_day date not null,
    last_day date not null,            -- that day included (chosen: none is without an end)
    cancelled_on date,                 -- on this day and after it no longer holds (chosen)
    updated_at timestamptz not null,
    reach text not null default 'open' check (reach in ('open', 'withheld')), -- withheld: out of ordinary reach (RET-6)
    ends date not null generated always as (least(last_day, cancelled_on - 1)) stored, -- last day of the period, in fact
    check (first_day <= last_day)
) with (fillfactor = 80);
create index on access.referral (slice, ends);
create index on access.referral (citizen);
create index on access.referral (('provider_' || provider) collate "C"); -- the role that reads: current_user's collation

-- Providers, as last recorded. Each has a login role of the server, provider_<id>. No personal data, so it stays.
create table access.provider (
    provider text primary key check (provider ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    name text not null,
    recorded_at timestamptz not null
);

-- Who let a provider in, or shut it out.
create table access.admission (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    who text not null check (who <> ''),
    action text not null check (action in ('grant', 'revoke')),
    provider text not null references access.provider
);

-- The moment by which windows are judged: null, the wall clock, or for a simulated calendar what the owner sets here.
-- One row, always. Never the day that has begun on a topic: lag must not let anyone read on.
create table access.clock (
    one boolean primary key default true check (one),
    moment timestamptz
);
insert into access.clock values (true, null);

-- The day by which windows are judged. Not now(), which stands still in a transaction.
create view access.now as
select coalesce(moment, clock_timestamp()) as moment,
    (coalesce(moment, clock_timestamp()) at time zone 'Europe/Copenhagen')::date as today
from access.clock;

-- THE rule (ACC-1, ACC-3): may the role `reader` read about the citizen at this moment, and, with `by`, read that very
-- referral? Volatile: it looks anew for each row, with a snapshot of its own, so neither a transaction nor a cursor from
-- before midnight, or from before a cancellation, reads on after it. A repeatable read would see what was open when it
-- began, so it is refused.
create function access.may_read(reader text, about text, by text default null) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
    if pg_catalog.current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'what a provider may read is judged at the moment of reading, not by an older snapshot'
            using errcode = 'active_sql_transaction', hint = 'Read in isolation level READ COMMITTED.';
    end if;
    return exists (
        select from access.referral r, access.now
        where r.citizen = about and 'provider_' || r.provider = reader and (by is null or r.record = by)
            and r.reach = 'open' and now.today between r.first_day and r.ends
    );
end
$$;
revoke all on function access.may_read(text, text, text) from public;

-- ACC-2: what the citizen's profile shows: to whom he or she is, was or will be referred, and when. A referral that was
-- cancelled before it began never was one (chosen).
create view access.profile as
select r.citizen, r.record, r.provider, p.name as provider_name, r.first_day, r.ends as last_day,
    now.today between r.first_day and r.ends as referred_now
from access.now, access.referral r left join access.provider p using (provider)
where r.reach = 'open' and r.first_day <= r.ends and (select retention.at_home());

-- Everyone who was granted the table reads what is in ordinary reach; the engine, whose account owns it, all of it, also
-- where that account is no superuser.
alter table access.referral enable row level security;
alter table access.referral force row level security;
create policy ordinary_reach on access.referral for select using (reach = 'open');
do $$ begin
    execute format('create policy engine on access.referral to %I using (true) with check (true)', current_user);
end $$;

grant usage on schema access to dfdg_operator, dfdg_citizen_view;
grant select on all tables in schema access to dfdg_operator;
grant select on access.profile to dfdg_citizen_view;
