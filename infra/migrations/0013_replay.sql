-- What a replay needs to do the same again and to see that it did (invariant 6).
alter table ledger.batch
    add column step boolean not null default false, -- a step of what the slice's day brought: it applied no record
    add column digest bytea;                        -- SHA-256 of its outgoing events, packed; null when there are none

comment on column ledger.batch.runs is 'In the order of application: [topic, first offset, next offset]. First and next'
    ' are the same where the slice joined the topic. [] and no step: the batch cleared acknowledgements only.';
