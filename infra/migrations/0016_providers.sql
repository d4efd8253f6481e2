-- ACC-1: what a provider can read. Providers are granted views only. The views belong to dfdg_provider_views, a role
-- that nobody is and that bypasses nothing, so the policies below hold for whoever reads through them.
do $$
declare
    name text;
begin
    -- dfdg_provider: every provider's role is a member. dfdg_provider_gateway: for the account of a service that lets
    -- providers in itself; it inherits nothing, and must say `set local role provider_<id>` before it reads anything.
    foreach name in array array['dfdg_provider', 'dfdg_provider_views', 'dfdg_provider_gateway'] loop
        begin
            execute format('create role %I nologin noinherit', name);
        exception when duplicate_object or unique_violation then
            raise notice 'role % is there already', name;
        end;
    end loop;
    if not (select rolsuper from pg_roles where rolname = current_user) then -- may make views for it, without being it
        execute format('grant dfdg_provider_views to %I with inherit false, set true', current_user);
    end if;
end
$$;

-- Its columns, and no more: those of schemas/provider_fields.py, and those that the views' own conditions name.
grant usage on schema access, cv, titles to dfdg_provider_views;
grant select (record, citizen, first_day, ends) on access.referral to dfdg_provider_views;
grant select (citizen, must_register, must_be_searchable, jobcentre, from_day) on cv.status to dfdg_provider_views;
grant select (holder, holder_kind, area, item, scheme, title, text, removed_at) on titles.held to dfdg_provider_views;
grant execute on function access.may_read(text, text, text) to dfdg_provider, dfdg_provider_views;
grant usage on schema retention to dfdg_provider_views;
grant execute on function retention.at_home() to dfdg_provider_views;

-- Restrictive: whatever else may be allowed, a view of providers shows no other row, nor would the table itself, were it
-- granted to a provider by mistake. On the tables of others everyone else reads and writes as granted.
create policy referred_now on access.referral as restrictive to dfdg_provider_views, dfdg_provider
    using ('provider_' || provider = current_user::text and access.may_read(current_user::text, citizen, record));

alter table cv.status enable row level security;
alter table cv.status force row level security;
create policy as_granted on cv.status using (true) with check (true);
create policy referred_now on cv.status as restrictive to dfdg_provider_views, dfdg_provider
    using (access.may_read(current_user::text, citizen));

alter table titles.held enable row level security;
alter table titles.held force row level security;
create policy as_granted on titles.held using (true) with check (true);
create policy referred_now on titles.held as restrictive to dfdg_provider_views, dfdg_provider
    using (holder_kind = 'citizen' and access.may_read(current_user::text, holder));

create schema provider;
revoke all on schema provider from public;
grant create, usage on schema provider to dfdg_provider_views;
grant usage on schema provider to dfdg_provider;

-- Nothing in a database that was restored and whose deletions were not yet repeated (RET-8).
-- A security barrier: no function of the reader's own is called on a row before the policies have let it through.
set local role dfdg_provider_views;
create view provider.referral with (security_barrier) as
select record, citizen, first_day, ends as last_day from access.referral where (select retention.at_home());

create view provider.citizen with (security_barrier) as
select citizen, must_register, must_be_searchable, jobcentre, from_day
from cv.status where citizen in (select citizen from access.referral) and (select retention.at_home());

create view provider.job_wish with (security_barrier) as
select holder as citizen, item, scheme, title, text
from titles.held
where holder in (select citizen from access.referral)
    and holder_kind = 'citizen' and area = 'job-wishes' and scheme is not null and removed_at is null
    and (select retention.at_home());
grant select on provider.referral, provider.citizen, provider.job_wish to dfdg_provider;
reset role;
revoke create on schema provider from dfdg_provider_views;

-- Makes the login role of each provider that is new here; without a password nobody can log in. A role that is there
-- already, for roles belong to the whole server, stays as it is, but must be no more than a provider's.
create function access.admit(ids text[]) returns void language plpgsql as $$
declare
    id text;
    name text;
begin
    foreach id in array ids loop
        name := 'provider_' || id;
        if id !~ '^[a-z0-9][a-z0-9-]{0,39}$' then
            raise exception 'provider id % cannot name a role: use a-z, 0-9 and hyphens, at most 40', id;
        end if;
        begin
            execute format('create role %I login', name);
            execute format('grant dfdg_provider to %I', name);
            execute format('grant %I to dfdg_provider_gateway', name);
            if not (select rolsuper from pg_roles where rolname = current_user) then -- may look as it, without being it
                execute format('grant %I to %I with inherit false, set true', name, current_user);
            end if;
        exception when duplicate_object or unique_violation then
            if exists (
                select from pg_roles r where r.rolname = name and (
                    r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication or exists (
                        select from pg_auth_members m
                        where m.member = r.oid and m.roleid <> 'dfdg_provider'::regrole))
            ) then
                raise exception 'role % is there already and may do more than a provider: rename or drop it', name;
            end if;
        end;
    end loop;
end
$$;
revoke all on function access.admit(text[]) from public;
