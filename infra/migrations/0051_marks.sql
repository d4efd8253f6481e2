-- A position says nothing of the log that it was reached in: the last record is kept with it (DESIGN 2.2).
alter table ledger.slice add marks jsonb not null default '{}';
comment on column ledger.slice.marks is 'topic -> [offset, hash] of the last record applied; compared at each take-over. A topic'
    ' that is taken out of positions is read from its beginning';
