-- Two facts with one id are told apart: by their sources, and by what they say (DESIGN 2.2).
alter table ledger.inbox add content uuid;
comment on column ledger.inbox.content is 'a hash of what the event says (schemas/event.py), to know another fact with the same'
    ' id; zeros: it could not be read; null: taken in by a release that kept none, so it counts as equal to any';
alter table ledger.batch add bare boolean not null default true;
comment on column ledger.batch.bare is 'true: by a release that took an id of 32 digits without its source; a replay does so too';
