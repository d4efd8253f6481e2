-- After a restore the ledger is behind its own topics: what lies there already is not published again (DESIGN 2.2).
alter table ledger.slice add restored boolean not null default false; -- some of what it will decide lies there already

-- What the slice will decide again; a row goes when it does.
create table ledger.published (
    consumer text not null,
    slice int not null,
    id uuid not null,
    primary key (consumer, slice, id)
);
