-- The registers that only retention and their readers know (RET-1, RET-3, RET-4, RET-5), written by consumer
-- `registers`; consumer `deletions` takes out what is due. Ordinary readers see views (0011), never these tables.
create schema register;
revoke all on schema register from public;

-- RET-1: one row a check of job suggestions. Goes 6 years after `checked_on`, archive first.
create table register.job_suggestion_check (
    record text primary key,         -- random, never used again
    citizen text not null,
    slice int not null,
    checked_on date not null,
    outcome text not null,
    updated_at timestamptz not null, -- when its source recorded it last
    reach text not null default 'open' check (reach in ('open', 'withheld')) -- withheld: past its deadline, blocked (RET-6)
) with (fillfactor = 90);
create index job_suggestion_check_anchor on register.job_suggestion_check (slice, checked_on, record);

-- RET-3, RET-4: one row an entry of a Joblog, with the fields of schemas/joblog.py. The voluntary ones go 4 years after
-- `updated_on`, the row 6 years after it, archive first.
create table register.joblog_entry (
    record text primary key,         -- random, never used again
    citizen text not null,
    slice int not null,
    applied_on date not null,
    employer text not null,
    position text not null,
    how_applied text not null,
    contact_person text,
    advert_link text,
    note text,
    follow_up_on date,
    answer text,
    updated_at timestamptz not null, -- when the citizen updated it last
    updated_on date not null,        -- that moment's Copenhagen day
    emptied boolean not null default false, -- its voluntary fields have gone (RET-3): not shown to the citizen (RET-5)
    reach text not null default 'open' check (reach in ('open', 'withheld'))
) with (fillfactor = 90);
create index joblog_entry_anchor on register.joblog_entry (slice, updated_on, record);
create index joblog_entry_whole on register.joblog_entry (slice, updated_on, record) where not emptied;
create index joblog_entry_citizen on register.joblog_entry (citizen);

-- RET-5: whose Joblog is closed to them, from which day. The row goes when the Joblog opens, or its last entry is due.
create table register.joblog_closed (
    citizen text primary key,
    from_day date not null
);
