-- CV-5: the current requirement and exemption of every citizen, for the new CV interface. The topic carries the changes.
create schema cv;
revoke all on schema cv from public;

create table cv.status (
    citizen text primary key,
    must_register boolean not null,
    must_be_searchable boolean not null,
    exempt_from_registering boolean not null,
    exempt_from_being_searchable boolean not null,
    jobcentre text not null,
    fund text,
    from_day date not null,
    changed_at timestamptz not null,
    rule text not null,
    event_id uuid not null
) with (fillfactor = 80); -- a change that keeps the jobcentre touches no index
create index on cv.status (jobcentre);

-- Every notice that was ever issued, with the text that was sent. The flood guard (CV-6) decides the status.
create schema mailbox;
revoke all on schema mailbox from public;

create table mailbox.notice (
    id uuid primary key,
    number bigint generated always as identity, -- rises with the notices about one citizen; others may commit later
    recipient_kind text not null,
    recipient text not null,
    about text not null,
    reason text not null,
    rule text not null,
    day date not null,         -- the Copenhagen day of what it tells
    from_day date not null,
    details jsonb not null,
    text text not null,
    text_version int not null, -- 0: there was no text for the reason, and the reason itself stands there
    status text not null check (status in ('delivered', 'held', 'discarded')),
    received_at timestamptz not null default now()
);
create index on mailbox.notice (recipient, number);
create index notice_held_by_flood on mailbox.notice (reason, day, number) where status = 'held';
create index notice_held_by_citizen on mailbox.notice (about, recipient, number) where status = 'held';

-- What a recipient may see. A notice waits behind one that is held about the same citizen to the same recipient, so
-- that a release brings no old news after newer (invariant 2). Every reader reads here, never the table.
create view mailbox.visible as
select * from mailbox.notice n
where status = 'delivered' and not exists (
    select from mailbox.notice held
    where held.status = 'held' and held.about = n.about and held.recipient = n.recipient
        and held.recipient_kind = n.recipient_kind and held.number < n.number
);

-- CV-6: the guard counts the notices of one reason on one day, and holds what is beyond a ceiling.
create schema flood;
revoke all on schema flood from public;

create table flood.ceiling (
    reason text primary key, -- '*': every reason without a row of its own
    ceiling int not null check (ceiling >= 0)
);
-- Reviewed rows (chosen). An ordinary day brings some thousands of changes; a mistake that reaches everyone, hundreds
-- of thousands. The nights of the waves go beyond on purpose: they are announced beforehand.
insert into flood.ceiling (reason, ceiling) values
    ('cv-requirement-changed', 50000),
    ('cv-status-on-move', 50000),
    ('title-choice-asked', 50000),
    ('no-valid-title', 50000),
    ('title-retired', 50000),
    ('title-retired-in-plan', 50000),
    ('*', 10000);

create table flood.announced (
    reason text not null,
    day date not null,
    ceiling int not null check (ceiling >= 0),
    primary key (reason, day)
);

-- Locked last in a batch, by every slice that has such notices; also what an operator's decision locks.
create table flood.count (
    reason text not null,
    day date not null,
    notices bigint not null,
    status text not null default 'open' check (status in ('open', 'holding', 'released', 'discarded')),
    primary key (reason, day)
) with (fillfactor = 50);

create table flood.alarm (
    reason text not null,
    day date not null,
    at timestamptz not null default clock_timestamp(),
    notices bigint not null,
    ceiling int not null,
    primary key (reason, day)
);

-- Who decided what about a flood.
create table flood.action (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    who text not null check (who <> ''),
    action text not null check (action in ('release', 'discard', 'announce')),
    reason text not null,
    day date not null,
    notices bigint, -- that were held when it was decided; null: announced
    ceiling int     -- that was announced
);
