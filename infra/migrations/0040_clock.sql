-- The clock's own memory: topics forget after 30 days, and anyone may write there.
create schema clock;
revoke all on schema clock from public;

create table clock.stand (
    one boolean primary key default true check (one),
    simulated boolean not null default false,
    begun date
);
comment on column clock.stand.simulated is 'Days are begun by hand, as fast as wanted, and may lie ahead of real time.'
    ' Set before any day has begun (`dfdg clock simulate`), and never taken back.';
comment on column clock.stand.begun is 'The last day that the clock has begun; noted before it writes to the topic.';

-- A database of before is real, unless its providers are judged by a moment that a person has set.
insert into clock.stand (simulated, begun)
select exists (select from access.clock where moment is not null), (select max(day) from ledger.slice);

create table clock.act (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    who text not null,
    act text not null check (act in ('simulate', 'leap')),
    after_day date,
    to_day date
);
comment on column clock.act.act is 'simulate: the calendar was made a simulated one. leap: days were begun though more'
    ' than two in a row were missing, those behind after_day up to to_day.';

grant usage on schema clock to dfdg_operator;
grant select on clock.stand, clock.act to dfdg_operator;
