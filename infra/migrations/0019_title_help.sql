-- TIT-11, TIT-14: names by which titles are found and offered. Reference data, so it stays; nobody's data.

-- ESCO-STAR's own aliases are not public: `constructed` says that these were made from the ESCO concepts' Danish labels.
create table reference.title_alias (
    version text not null references reference.title_version,
    scheme text not null check (scheme in ('discoams08', 'esco-star')),
    code text not null,
    alias text not null,
    constructed boolean not null,
    primary key (version, scheme, code, alias)
);
create trigger insert_only before update or delete or truncate on reference.title_alias
    for each statement execute function reference.refuse_change();

-- The words of a version's names, plain (schemas/labels.py), made of the tables above when the version is imported.
create table reference.title_word (
    version text not null references reference.title_version,
    scheme text not null check (scheme in ('discoams08', 'esco-star')),
    word text collate "C" not null,
    code text not null,
    name text not null,              -- what is offered: the label, or "label (alias)"
    plain text collate "C" not null, -- the words of the label or of the alias
    is_alias boolean not null,
    own boolean not null,            -- false: a word of the label beside the alias, by which alone it is not found
    primary key (version, scheme, word, code, name)
);
create trigger insert_only before update or delete or truncate on reference.title_word
    for each statement execute function reference.refuse_change();

-- A new version is announced when it is imported, so the latest one is in use.
create view reference.version_in_use as
select version from reference.title_version order by published_at desc, version limit 1;

-- TIT-11 for whoever serves citizens, without a way to any other table of the reference data, so never by category
-- (TIT-12). `asked`: plain words, of which each must begin a word of the name, with 3 characters or more in all.
create function titles.suggest(asked text[], asked_scheme text, maximum int)
returns table (code text, name text, is_alias boolean)
language sql stable security definer set search_path = '' as $$
    with wanted as (select distinct word collate "C" as word from unnest(asked) word
        where length(array_to_string(asked, '')) >= 3
    ), found as (
        select t.code, t.name, t.plain, t.is_alias
        from wanted w join reference.title_word t on t.word >= w.word and t.word < w.word || chr(1114111)
        where t.version = (select version from reference.version_in_use) and t.scheme = asked_scheme
        group by t.code, t.name, t.plain, t.is_alias
        having count(distinct w.word) = (select count(*) from wanted) and bool_or(t.own)
    ), whole as (select array_to_string(asked, ' ') collate "C" as text)
    select f.code, f.name, f.is_alias from found f, whole
    -- the whole name first, then names that begin so, titles before aliases; å behind ø, as a Danish reader looks for it
    order by f.plain <> text, not starts_with(f.plain, text), f.is_alias,
        translate(f.plain, 'å', 'ù'), f.name collate "C", f.code
    limit maximum
$$;

-- TIT-11: every label that a title was ever published with, the latest first.
create function titles.label(asked_code text)
returns table (scheme text, label text, version text, in_use boolean)
language sql stable security definer set search_path = '' as $$
    with known as (
        select 'esco-star' as scheme, t.label, t.version from reference.title t where t.code = asked_code
        union all
        select 'discoams08', o.old_label, o.version from reference.title_outcome o where o.old_code = asked_code
    ), last as (
        select distinct on (k.scheme, k.label) k.scheme, k.label, k.version, v.published_at
        from known k join reference.title_version v on v.version = k.version
        order by k.scheme, k.label, v.published_at desc
    )
    select l.scheme, l.label, l.version, l.version = (select version from reference.version_in_use)
    from last l order by l.published_at desc, l.scheme
$$;

revoke all on function titles.suggest, titles.label from public;
grant execute on function titles.suggest, titles.label to dfdg_citizen_view, dfdg_operator;
grant select on reference.title_alias, reference.title_word, reference.version_in_use to dfdg_operator, dfdg_auditor;
