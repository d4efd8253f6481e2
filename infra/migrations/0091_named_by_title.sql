-- TIT-4, TIT-8: a caseworker reads titles, not the items of systems. Both are their holder's current data (TIT-9).

-- TIT-4: the choice is named by the title that stands there.
create or replace view titles.open_choice as
select h.holder as citizen, s.jobcentre, h.area, h.item, h.outcome, h.candidates, h.from_day, h.title,
    coalesce(t.label, o.old_label, h.title) as label
from titles.held h
    left join titles.table_in_use u on true
    left join reference.title t on h.scheme = 'esco-star' and (t.version, t.code) = (u.version, h.title)
    left join reference.title_outcome o on h.scheme = 'discoams08' and (o.version, o.old_code) = (u.version, h.title)
    left join cv.status s on s.citizen = h.holder
where h.settled and h.outcome in ('must-choose', 'retired') and h.removed_at is null and h.holder_kind = 'citizen';

-- TIT-8: `wish` is the title of the job wish, as `label` is the plan's; null where there is none.
create or replace view titles.mismatch as
select p.holder as citizen, s.jobcentre, p.area, p.item, p.title, o.old_label as label,
    case when w.item is not null then coalesce(o.old_label, w.title) end as wish,
    coalesce(o.outcome, 'retired') as outcome, coalesce(o.candidates, '{}') as candidates
from titles.standing p
    cross join titles.table_in_use
    left join reference.title_outcome o on o.version = table_in_use.version and o.old_code = p.title
    left join titles.standing w on w.holder = p.holder and w.area = 'job-wishes'
        and (w.scheme, w.title) = (p.scheme, p.title)
    left join cv.status s on s.citizen = p.holder
where p.area in ('my-plan', 'job-search-requirements') and p.scheme = 'discoams08' and not p.invalid
    and coalesce(o.outcome, 'retired') <> 'converted' and exists (select from titles.wave_intake where wave = 1);
