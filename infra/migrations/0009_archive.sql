-- RET-6: what was handed over to the National Archives, and what of it they have approved.
create schema archive;
revoke all on schema archive from public;

-- One row a hand-over package. Without personal data, so it stays (RET-8).
create table archive.delivery (
    delivery text primary key,          -- AVID.STAR.…: also the package's folder
    area text not null,
    made_at timestamptz not null,
    records bigint not null,
    files bigint not null,
    reference text check (reference <> ''), -- the Archives' approval, entered by an operator: only this is the receipt
    approved_at timestamptz,
    approved_by text check (approved_by <> ''),
    check (num_nulls(reference, approved_at, approved_by) in (0, 3))
);

-- Which records a delivery holds, and how they stood: a record that was updated later is not covered by it. Record ids
-- are random, so without personal data; a row stays as the proof that the record was archived.
create table archive.delivered (
    area text not null,
    record text not null,
    delivery text not null references archive.delivery,
    updated_at timestamptz not null, -- the record's last update that the package holds
    primary key (area, record, delivery)
);

grant usage on schema archive to dfdg_operator;
grant select on all tables in schema archive to dfdg_operator;
