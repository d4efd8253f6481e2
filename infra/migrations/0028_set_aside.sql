-- What a batch set aside by judgement, and not because it cannot be read: a replay obeys the list (DESIGN 2.6).
alter table ledger.batch add set_aside jsonb;
comment on column ledger.batch.set_aside is 'null: nothing. Else [topic, offset, reason, taken, parks, counts] of each'
    ' (infra/engine/aside.py): a replay sets the same records aside and judges none itself';
alter table dead_letter.letter add refused boolean not null default false;
comment on column dead_letter.letter.refused is 'it was judged, and must not be applied: a person may drive it again, and is'
    ' then asked by no judge';
