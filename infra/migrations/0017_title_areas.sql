-- Which searches find anything, which adverts are found, and where a plan and the job wishes part (TIT-5, TIT-6, TIT-8).
-- RET-8: two moments more in rows that go with their item; the views hold nothing.
alter table titles.held
    add column requested_at timestamptz, -- when the last granted choice was asked for (TIT-8)
    add column expired_at timestamptz;   -- the advert ended then, unless it has been recorded anew since (TIT-6)

-- The version of the conversion table that the decision uses: the newest, while slices change over.
create view titles.table_in_use as
select version from reference.title_version
where version in (select reference from ledger.slice where consumer = 'titles')
order by published_at desc limit 1;

-- An item that stands: `invalid` when its title must be chosen anew, or is an old one whose wave has begun here.
create view titles.standing as
select h.*,
    coalesce(h.settled and h.outcome in ('must-choose', 'retired'), false) or (h.scheme = 'discoams08' and exists (
        select from titles.wave_intake i where i.slice = h.slice and i.area = h.area)) as invalid
from titles.held h where h.scheme is not null and h.removed_at is null;

-- TIT-5: saved searches, job agents and CV agents. The titles of a search are its items, <search>.<n>; one invalid title
-- leaves the whole search without results. `titles` are what it looks for, `invalid_items` what stands in the way.
create view titles.search as
select holder, holder_kind, area, search, not bool_or(invalid) as gives_results,
    case when bool_or(invalid) then 'TIT-5' end as rule,
    coalesce(array_agg(title order by item) filter (where not invalid and title is not null), '{}') as titles,
    coalesce(array_agg(item order by item) filter (where invalid), '{}') as invalid_items
from (
    select *, regexp_replace(item, '^(.+)\.[^.]*$', '\1') as search from titles.standing
    where area in ('saved-searches', 'job-agents', 'cv-agents')
) item
group by holder, holder_kind, area, search;

-- TIT-5: the titles for which find job, CV search and the match look-up show anything: those of ESCO-STAR from wave 1 on.
create view titles.searchable as
select code, label, 'esco-star' as scheme from reference.title join titles.table_in_use using (version)
where exists (select from titles.wave_intake where wave = 1)
union all
select old_code, old_label, 'discoams08' from reference.title_outcome join titles.table_in_use using (version)
where not exists (select from titles.wave_intake where wave = 1);

-- TIT-6: adverts. One on an invalid title is not found by a search until it is edited, and ends with the last day.
create view titles.advert as
select holder as employer, area, item as advert, scheme, title, candidates, not invalid as searchable,
    invalid and coalesce(expired_at >= recorded_at, false) as expired
from titles.standing where area in ('adverts', 'eures', 'jobad');

-- TIT-8: between the waves, a title in My Plan or among the job-search requirements that the citizen's job wishes can no
-- longer name; `wish` is the job wish where it stands, retired, if there is one. Both are their holder's current data.
-- A title that is converted goes by another code there, and is the same title (chosen). For the citizen's caseworkers:
-- jobcentre is null while no CV status is known of the citizen.
create view titles.mismatch as
select p.holder as citizen, s.jobcentre, p.area, p.item, p.title, o.old_label as label, w.item as wish,
    coalesce(o.outcome, 'retired') as outcome, coalesce(o.candidates, '{}') as candidates
from titles.standing p
    cross join titles.table_in_use
    left join reference.title_outcome o on o.version = table_in_use.version and o.old_code = p.title
    left join titles.standing w on w.holder = p.holder and w.area = 'job-wishes'
        and (w.scheme, w.title) = (p.scheme, p.title)
    left join cv.status s on s.citizen = p.holder
where p.area in ('my-plan', 'job-search-requirements') and p.scheme = 'discoams08' and not p.invalid
    and coalesce(o.outcome, 'retired') <> 'converted' and exists (select from titles.wave_intake where wave = 1);

grant select on titles.table_in_use, titles.standing, titles.search, titles.searchable, titles.advert, titles.mismatch
    to dfdg_operator;
-- Serves citizens and employers; also whoever runs a search for them.
grant select on titles.search, titles.searchable, titles.advert to dfdg_citizen_view;
