-- RET-6: every attempt to deliver, written before the first record is read. Its number is the package's, so none is used
-- twice; an attempt without a row in archive.delivery is unfinished and counts for nothing. It is also the log of who
-- read an area for the archive, withheld records among them; which records, archive.delivered says. Read by operators.
-- Without personal data but the operator's name, so it stays (RET-8).
create table archive.run (
    number bigint generated always as identity primary key,
    area text not null,
    due_by date not null,               -- records whose deadline lies on this day or before
    folder text not null,
    began_at timestamptz not null,
    began_by text not null check (began_by <> '')
);

-- What the Archives send back counts no more: its records are delivered again. The package's row stays and says so.
alter table archive.delivery
    add column rejection text check (rejection <> ''), -- the Archives' reason, entered by an operator
    add column rejected_at timestamptz,
    add column rejected_by text check (rejected_by <> ''),
    add check (num_nulls(rejection, rejected_at, rejected_by) in (0, 3)),
    add check (reference is null or rejection is null);

grant select on archive.run to dfdg_operator;
