-- Who held which title before it was replaced (TIT-9): the only place that knows. Read by the auditor role alone.
create schema audit;
revoke all on schema audit from public;

-- Append-only. An item's last row decides; a re-conversion (TIT-10) is one more row with the same original.
-- RET-8: rows stay as long as a corrected table may have to convert again. The release that brings retention deletes
-- by holder, as the owner of this table, and says so in its own receipt.
create table audit.replaced_title (
    number bigint generated always as identity primary key, -- rises with the rows of a slice
    slice int not null,
    holder text not null,
    holder_kind text not null,
    area text not null,
    item text not null,
    original text not null,
    alias text,
    replaced_by text,              -- null: by the corrected table it must be chosen, or is retired
    table_version text not null,   -- that decided it
    replaced_at timestamptz not null,
    event_id uuid not null unique
);
create index on audit.replaced_title (slice, holder, area, item, number desc);

create function audit.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'audit.% is append-only: what was replaced stays on record', tg_table_name;
end
$$;
create trigger append_only before update or delete or truncate on audit.replaced_title
    for each statement execute function audit.refuse_change();

-- The versions of the conversion table that a slice has seen announced, and when last. Without personal data.
create table audit.table_announced (
    slice int not null,
    version text not null,
    number bigint not null, -- the highest is the version in use
    announced_at timestamptz not null,
    primary key (slice, version)
);
