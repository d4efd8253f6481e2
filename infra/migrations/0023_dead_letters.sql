-- A dead letter parks its key; letters are driven again or discarded; too many stop a slice (DESIGN 2.6).
alter table ledger.slice
    add parked jsonb not null default '{}',  -- subject behind a dead letter -> whether what waits is being applied now
    add breaker jsonb not null default '{}'; -- topic -> [in a row, of late, records of late, allowed] (infra/breaker.py)

-- status: new; waiting behind a letter of its key (the row goes when it has been applied); applied; discarded.
alter table dead_letter.letter
    add subject text,  -- who is parked by it or waits; null: nobody, as for all that was buried before this
    add event_id uuid, -- by which the inbox knows it; null: its envelope could not be read
    add day date;      -- the slice's, when it came: on that day it is applied, and days that followed wake its subject
create index letter_open on dead_letter.letter (consumer, subject, id)
    where subject is not null and status in ('new', 'waiting');

-- What an operator has ordered and what the slice's owner made of it; it is done under the slice's lock, as a step.
create table dead_letter.act (
    id bigint generated always as identity primary key,
    consumer text not null,
    slice int not null,
    act text not null check (act in ('redrive', 'discard', 'accept')),
    letter bigint,   -- of redrive and discard
    topic text,      -- of accept: whose dead letters are let through, and how many
    letters int check (letters > 0),
    who text not null check (who <> ''),
    asked_at timestamptz not null default clock_timestamp(),
    due_at timestamptz not null default clock_timestamp(), -- the rate limit spreads them
    outcome text,    -- null: not done yet
    batch bigint,    -- of the slice, in which it was done
    done_at timestamptz
);
create index act_open on dead_letter.act (consumer, slice, due_at) where outcome is null;
create unique index act_once on dead_letter.act (letter) where outcome is null;
