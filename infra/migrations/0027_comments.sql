-- Where 0001 and 0023 name files that have other names now. Comments only.
comment on table ledger.outbox is
    'Committed batches that Kafka has not acknowledged yet, one row each, packed (pack in infra/engine/record.py)';
comment on column ledger.slice.breaker is
    'topic -> [in a row, of late, records of late, allowed] (Count in infra/dead_letters/limits.py)';
