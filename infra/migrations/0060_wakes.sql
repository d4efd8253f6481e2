-- A step wakes subjects up to a number of wakes, so that each is short, however long the slice has stood still.
alter table ledger.batch add wakes int check (wakes > 0);
comment on column ledger.batch.wakes is 'the most wakes that the step was allowed: a replay cuts it there too. null: no'
    ' step, or one of before, which woke 1,000 subjects for all their days';
