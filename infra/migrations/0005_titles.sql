-- Who holds which title now, what became of it, and whether the waves add up (TIT-4, TIT-7, TIT-9, TIT-10).
create schema titles;
revoke all on schema titles from public;

-- One row an item. Once a title is replaced the original is gone from here: only schema audit knows it (TIT-9).
-- RET-8: a row goes with what it is a part of (the job wish, the advert, the plan). Until the release that brings those
-- deletions, a removed item stays, with removed_at, because the reconciliation counts it.
create table titles.held (
    holder text not null,
    area text not null,
    item text not null,
    slice int not null,
    holder_kind text not null,
    -- what the item shows; null as long as its change is known here but not yet the fact
    scheme text check (scheme in ('discoams08', 'esco-star', 'free-text')),
    title text,
    alias text,
    text text,                               -- free text as it was recorded, untouched (TIT-7)
    chosen boolean not null default false,   -- a person picked this ESCO-STAR title
    -- the item's last TitleChanged; kept for the reconciliation after the holder chose something else
    outcome text check (outcome in ('converted', 'must-choose', 'retired')),
    outcome_title text,                      -- what the table made of it
    candidates text[] not null default '{}',
    alias_dropped boolean not null default false,
    wave int,
    table_version text,
    rule text,
    from_day date,
    changed_at timestamptz,
    settled boolean not null default false,  -- that change is about the title that is shown
    ahead boolean not null default false,    -- that change is about a fact that has not come here yet
    first_recorded_at timestamptz,           -- it has stood here since
    held_from timestamptz,                   -- the first fact that said what it shows
    recorded_at timestamptz,                 -- the last one
    removed_at timestamptz,
    -- as it stood when its wave began; null: it did not
    intake_as text check (intake_as in ('discoams08', 'esco-star', 'free-text')),
    intake_hash text,                        -- SHA-256 of the free text, in hex
    intake_edited boolean not null default false, -- its holder has recorded another text since
    primary key (holder, area, item)
) with (fillfactor = 75);
create index on titles.held (slice, area);
create index held_open_choice on titles.held (holder) where settled and outcome in ('must-choose', 'retired');

-- What stood in the areas of a wave when it began, one row an area and slice; written once. Without personal data, so
-- it stays (RET-8).
create table titles.wave_intake (
    area text not null,
    wave int not null,
    slice int not null,
    held bigint not null,
    free_text bigint not null,
    free_text_hash text not null, -- SHA-256 of the rows' hashes in their order
    primary key (wave, slice, area)
);

-- What a citizen or an employer is shown.
create view titles.current as
select holder, holder_kind, area, item, scheme, title, alias, text, chosen, recorded_at,
    case when settled then outcome end as outcome,
    case when settled then candidates else '{}' end as candidates,
    case when settled then from_day end as from_day
from titles.held where scheme is not null and removed_at is null;

-- TIT-4: whom the jobcentre still has to see choose. jobcentre is null while no CV status is known of the citizen.
create view titles.open_choice as
select h.holder as citizen, s.jobcentre, h.area, h.item, h.outcome, h.candidates, h.from_day
from titles.held h left join cv.status s on s.citizen = h.holder
where h.settled and h.outcome in ('must-choose', 'retired') and h.removed_at is null and h.holder_kind = 'citizen';

-- TIT-10: in = converted + must choose + retired + free text + what was ESCO-STAR already, per area and wave. What its
-- holder took away in the last moments before the wave, known here only afterwards, is withdrawn; difference is what
-- nobody has decided yet. TIT-7: the texts that their holders left alone are counted and hashed again, as they are now.
create view titles.reconciliation as
with became as (
    select area, slice,
        case
            when intake_as <> 'discoams08' then intake_as
            when outcome is not null then outcome
            when scheme <> 'discoams08' then scheme
            when removed_at is not null then 'withdrawn'
        end as what,
        alias_dropped,
        case when intake_edited then intake_hash else encode(sha256(convert_to(text, 'UTF8')), 'hex') end as hash_now,
        intake_hash, intake_edited
    from titles.held where intake_as is not null
), now as (
    select area, slice,
        count(*) filter (where what = 'converted') as converted,
        count(*) filter (where what = 'converted' and alias_dropped) as alias_dropped,
        count(*) filter (where what = 'must-choose') as must_choose,
        count(*) filter (where what = 'retired') as retired,
        count(*) filter (where what = 'free-text') as free_text,
        count(*) filter (where what = 'esco-star') as esco_star,
        count(*) filter (where what = 'withdrawn') as withdrawn,
        count(intake_hash) as texts,
        count(*) filter (where intake_edited) as texts_edited,
        encode(sha256(convert_to(coalesce(string_agg(hash_now, '' order by hash_now)
            filter (where intake_hash is not null), ''), 'UTF8')), 'hex') as texts_hash
    from became group by area, slice
), summed as (
    select i.wave, i.area, sum(i.held)::bigint as intake,
        coalesce(sum(n.converted), 0)::bigint as converted, coalesce(sum(n.alias_dropped), 0)::bigint as alias_dropped,
        coalesce(sum(n.must_choose), 0)::bigint as must_choose, coalesce(sum(n.retired), 0)::bigint as retired,
        coalesce(sum(n.free_text), 0)::bigint as free_text, coalesce(sum(n.esco_star), 0)::bigint as esco_star,
        coalesce(sum(n.withdrawn), 0)::bigint as withdrawn,
        sum(i.free_text)::bigint as texts_before, coalesce(sum(n.texts), 0)::bigint as texts_now,
        coalesce(sum(n.texts_edited), 0)::bigint as texts_edited,
        encode(sha256(convert_to(string_agg(i.free_text_hash, '' order by i.slice), 'UTF8')), 'hex')
            as texts_hash_before,
        encode(sha256(convert_to(string_agg(coalesce(n.texts_hash, encode(sha256(''), 'hex')), '' order by i.slice),
            'UTF8')), 'hex') as texts_hash_now
    from titles.wave_intake i left join now n on n.area = i.area and n.slice = i.slice
    group by i.wave, i.area
)
select *, intake - converted - must_choose - retired - free_text - esco_star - withdrawn as difference from summed;
