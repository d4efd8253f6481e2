-- The exactly-once point (DESIGN 2.2): position, de-duplication, state and outgoing events commit together here.
create schema ledger;
revoke all on schema ledger from public;

-- One row a consumer: what may never change under it.
create table ledger.consumer (
    consumer text primary key,
    slices int not null,
    topic_ids jsonb not null default '{}' -- topic -> Kafka's id of it: another id is another log
);

-- One row a slice, locked first by every transaction of the slice. All that must be read under the lock is in the
-- row itself: a locking SELECT returns the row as it is once the lock is held, so nothing in it can be stale.
create table ledger.slice (
    consumer text not null references ledger.consumer,
    slice int not null,
    epoch bigint not null default 0,
    owner text,
    batch bigint not null default 0,        -- the last batch applied; dense
    day date,                               -- the slice's current day
    reference text,                         -- the version of the reference data that it uses
    positions jsonb not null default '{}',  -- topic -> next offset to apply
    received jsonb not null default '{}',   -- topic -> source -> last sequence applied
    sent jsonb not null default '{}',       -- topic/partition -> last sequence given out
    alarm text,                             -- why the slice has stopped, until somebody mends it
    primary key (consumer, slice)
) with (fillfactor = 50);

-- Ids taken in from topics that anyone may write.
create table ledger.inbox (
    consumer text not null,
    slice int not null,
    id uuid not null,
    arrived date not null default current_date,
    primary key (consumer, slice, id)
);
create index on ledger.inbox using brin (arrived);

-- Events decided but not yet acknowledged by Kafka, one row a batch, packed (infra/outbox.py).
create table ledger.outbox (
    consumer text not null,
    slice int not null,
    batch bigint not null,
    records int not null,
    body bytea not null,
    primary key (consumer, slice, batch)
);
alter table ledger.outbox alter body set storage external; -- compressing what lives for milliseconds is waste

-- What each batch applied, in order: the exact replay (invariant 6).
create table ledger.batch (
    consumer text not null,
    slice int not null,
    batch bigint not null,
    epoch bigint not null,
    day date,
    applied_at timestamptz not null default clock_timestamp(),
    runs jsonb not null, -- [topic, first offset, next offset] in the order of application; [] for a step of wakes
    records int not null,
    outgoing int not null,
    primary key (consumer, slice, batch)
);

-- What a decision knows of a subject; null-free body, erasable by subject.
create table ledger.state (
    decision text not null,
    slice int not null,
    subject text not null,
    body jsonb not null,
    wakes_on date,
    cause uuid not null,
    primary key (decision, subject)
) with (fillfactor = 75);
create index state_wakes on ledger.state (decision, slice, wakes_on) where wakes_on is not null;

create schema dead_letter;
revoke all on schema dead_letter from public;
-- The original bytes may hold anything, so this schema is closed to all but its keeper. A later release parks keys
-- and drives letters again: status is there for that.
create table dead_letter.letter (
    id bigint generated always as identity primary key,
    consumer text not null,
    topic text not null,
    partition int not null,
    at_offset bigint not null,
    key bytea,
    value bytea,
    headers jsonb not null, -- [name, hex] pairs in order
    reason text not null,
    status text not null default 'new',
    buried_at timestamptz not null default clock_timestamp(),
    unique (consumer, topic, partition, at_offset)
);
