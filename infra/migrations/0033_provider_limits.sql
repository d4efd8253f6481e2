-- ACC-1: what a provider's role may use of the server, chosen: ten sessions, no tables of its own, half a minute for a
-- statement and for a pause in a transaction. A session may undo the last two; nothing of the engine waits for them. Its
-- statements go to the server's log, where the account that says so may: a superuser, or who was granted the parameter.
-- Gives the moment at which a password of today ends: after 180 days (chosen).
create function access.confine(name text) returns timestamptz language plpgsql as $$
begin
    execute format('alter role %I connection limit 10', name);
    execute format('alter role %I set statement_timeout = ''30s''', name);
    execute format('alter role %I set idle_in_transaction_session_timeout = ''30s''', name);
    if has_parameter_privilege('log_statement', 'set') then
        execute format('alter role %I set log_statement = ''all''', name);
    end if;
    return now() + interval '180 days';
end
$$;
revoke all on function access.confine(text) from public;

create function access.expired(name text) returns boolean language sql stable as $$
    select coalesce(rolvaliduntil <= clock_timestamp(), false) from pg_roles where rolname = name
$$;
revoke all on function access.expired(text) from public;

-- As in 0016, and confined.
create or replace function access.admit(ids text[]) returns void language plpgsql as $$
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
            perform access.confine(name);
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

-- Those that are there. A password that was given before holds as long as a new one.
do $$
declare
    name text;
    can boolean;
    ends timestamptz;
begin
    for name, can in select rolname, 'grant' = (
            select action from access.admission a where a.provider = p.provider order by id desc limit 1)
        from access.provider p join pg_roles on rolname = 'provider_' || p.provider
    loop
        ends := access.confine(name);
        if can then
            execute format('alter role %I valid until %L', name, ends);
        end if;
    end loop;
    if (select pg_has_role(datdba, 'usage') from pg_database where datname = current_database()) then
        execute format('revoke temporary on database %I from public', current_database());
    else
        raise warning 'everybody may still make temporary tables: let the owner of the database revoke that from public';
    end if;
end
$$;
