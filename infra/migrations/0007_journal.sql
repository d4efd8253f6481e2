-- What happened to whom, when, by which rule and because of what: no payload, so no titles and no free text.
create schema journal;
revoke all on schema journal from public;

-- RET-8: the journal goes by the month, by dropping a partition, when the release that brings retention says so. Months
-- outside those made here lie in the default partition, which a later migration may split.
create table journal.entry (
    subject text not null,
    occurred_at timestamptz not null,
    type text not null,
    event_id uuid not null,
    cause uuid,
    rule text,
    primary key (subject, occurred_at, event_id)
) partition by range (occurred_at);

do $$
declare
    month timestamp;
begin
    for month in select generate_series(timestamp '2021-01-01', timestamp '2023-12-01', interval '1 month') loop
        execute format(
            'create table journal.%I partition of journal.entry for values from (%L) to (%L)',
            'entry_' || to_char(month, 'YYYY_MM'),
            month at time zone 'UTC',
            (month + interval '1 month') at time zone 'UTC'
        );
    end loop;
end
$$;
create table journal.entry_other partition of journal.entry default;
