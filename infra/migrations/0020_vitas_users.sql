-- VIT-2: how each user of VITAS stands under the user administration of its jobcentre. The topic carries the changes.
create schema if not exists vitas;
revoke all on schema vitas from public;

-- One row a user of whom VITAS has told, inactive or not. The clean-up deletes nobody; a row goes when VITAS deletes the
-- user, for which there is no fact yet (RET-8). Read by operators, who hand a jobcentre its list.
create table vitas.user (
    user_id text primary key,
    active boolean not null,
    since date not null,   -- the day of inactivation, or the day of the fact by which the user is active
    jobcentre text not null,
    company text,          -- null: one of the jobcentre's own people
    changed_at timestamptz not null,
    rule text not null,
    event_id uuid not null
) with (fillfactor = 80);
create index on vitas.user (jobcentre, active);

grant usage on schema vitas to dfdg_operator;
grant select on vitas.user to dfdg_operator;
