-- Codes that nobody knows are counted (ground rules, facts and requests), without the code itself, which may be anything.
-- RET-8: stays, for no person can be told from it (docs/stores.md).
create table journal.unknown_code (
    slice int not null,
    type text not null,
    field text not null,
    day date not null,
    times bigint not null check (times > 0),
    primary key (slice, type, field, day)
);
comment on table journal.unknown_code is 'how often a field of that type of event held a code that nobody knows, by the'
    ' Copenhagen day of the event: a fact was ignored, a request was refused';
grant select on journal.unknown_code to dfdg_operator;
