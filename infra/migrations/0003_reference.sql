-- Reference data in insert-only versions: what was decided with a version can be explained for ever.
create schema reference;
revoke all on schema reference from public;

create table reference.title_version (
    version text primary key,
    published_at timestamptz not null default clock_timestamp(),
    outcomes int not null check (outcomes > 0),
    fingerprint text not null unique -- SHA-256 of the version's rows in order, in hex: the same content has one version
);

-- ESCO-STAR titles. A code is what events and states name; the URI is the classification's own permanent name.
create table reference.title (
    version text not null references reference.title_version,
    code text not null,
    uri text not null,
    label text not null,
    isco08 text not null check (isco08 ~ '^[0-9]{4}$'),
    primary key (version, code),
    unique (version, uri)
);

-- What becomes of each old title (TIT-2). DiscoAMS08 itself is not public: `constructed` says that the old code and
-- label were made from the ESCO concept at old_uri; a concept keeps the code that it was once given.
create table reference.title_outcome (
    version text not null references reference.title_version,
    old_code text not null check (old_code ~ '^[0-9]{7}$'),
    old_uri text not null,
    old_label text not null,
    outcome text not null check (outcome in ('converted', 'must-choose', 'retired')),
    title text,
    candidates text[] not null,
    rule text not null,
    constructed boolean not null,
    primary key (version, old_code),
    unique (version, old_uri),
    foreign key (version, title) references reference.title (version, code),
    check ((outcome = 'converted') = (title is not null)),
    check ((outcome = 'must-choose') = (cardinality(candidates) > 0))
);

create function reference.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'reference.% is insert-only: import a new version instead', tg_table_name;
end
$$;

create trigger insert_only before update or delete or truncate on reference.title_version
    for each statement execute function reference.refuse_change();
create trigger insert_only before update or delete or truncate on reference.title
    for each statement execute function reference.refuse_change();
create trigger insert_only before update or delete or truncate on reference.title_outcome
    for each statement execute function reference.refuse_change();
