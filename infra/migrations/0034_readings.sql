-- RET-6, OPS-3: who read about whom. A reading is on record, and committed, before it is done, so nobody takes it back;
-- what is refused has left its row too. The table belongs to dfdg_audit_keeper, a role that nobody is: all others add
-- rows by the function below, and none changes or deletes one. Each row's hash covers the one before.
do $$
begin
    begin
        create role dfdg_audit_keeper nologin noinherit;
    exception when duplicate_object or unique_violation then
        raise notice 'role dfdg_audit_keeper is there already';
    end;
    if not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant dfdg_audit_keeper to %I with inherit false, set true', current_user);
    end if;
end
$$;
grant usage, create on schema audit to dfdg_audit_keeper;
grant execute on function audit.refuse_change() to dfdg_audit_keeper;
set local role dfdg_audit_keeper;

create table audit.reading (
    number bigint primary key,   -- dense, from 1: the ticket of a withheld record
    at timestamptz not null,
    account text not null,       -- that logged in to the database
    who text not null check (who <> ''),     -- as the reader says
    what text not null check (what <> ''),   -- the command, or "withheld/" and the area
    subject text not null check (subject <> ''), -- the id of whom it is about, or of the record
    why text check (why <> ''),
    xact xid8 not null,          -- the transaction that wrote it
    previous text not null,
    hash text not null
);
create trigger append_only before update or delete or truncate on audit.reading
    for each statement execute function audit.refuse_change();

create function audit.reading_hash(r audit.reading) returns text language sql stable set timezone = 'UTC' as $$
    select encode(sha256(convert_to(jsonb_build_array(
        r.number, r.at, r.account, r.who, r.what, r.subject, r.why, r.previous)::text, 'UTF8')), 'hex')
$$;

-- One row at a time: whoever leaves a transaction open here makes others fail after 10 seconds, and read nothing.
create function audit.note_reading(what text, subject text, who text, why text default null) returns bigint
language plpgsql security definer set search_path = '' set lock_timeout = '10s' as $$
declare
    last audit.reading;
    new audit.reading;
begin
    lock table audit.reading in share row exclusive mode;
    select * into last from audit.reading r order by r.number desc limit 1;
    new := row(coalesce(last.number, 0) + 1, clock_timestamp(), session_user, who, what, subject, why,
        pg_current_xact_id(), coalesce(last.hash, ''), '');
    new.hash := audit.reading_hash(new);
    insert into audit.reading select new.*;
    return new.number;
end
$$;

-- How many there are, the chain's end, to be kept apart, and the first row that does not follow from the one before.
create function audit.readings() returns table (readings bigint, hash text, broken bigint)
language sql stable security definer set search_path = '' as $$
    select count(*), coalesce((select l.hash from audit.reading l order by l.number desc limit 1), ''),
        min(c.number) filter (where c.number <> c.place or c.previous <> c.before or c.hash <> c.computed)
    from (
        select r.number, r.previous, r.hash, audit.reading_hash(r) as computed,
            row_number() over (order by r.number) as place, lag(r.hash, 1, '') over (order by r.number) as before
        from audit.reading r
    ) c
$$;
revoke all on function audit.reading_hash, audit.note_reading, audit.readings from public;
grant execute on function audit.note_reading, audit.readings to dfdg_operator, dfdg_auditor;
grant select on audit.reading to dfdg_auditor;
do $$ begin -- the account that migrates
    execute format('grant select on audit.reading to %I', session_user);
    execute format('grant execute on function audit.note_reading, audit.readings to %I', session_user);
end $$;
reset role;
revoke create on schema audit from dfdg_audit_keeper;
grant usage on schema audit to dfdg_operator, dfdg_archive, dfdg_case_handler;

-- RET-6: the way to a withheld record has two steps. `ask_withheld` puts on record who asks, for what and why, and gives a
-- ticket, to whoever asks; once that is committed, `read_withheld` takes the ticket, once, within 15 minutes (chosen).
create table retention.used_ticket (ticket bigint primary key);
drop function retention.read_withheld(text, text, text);

create function retention.ask_withheld(area text, record text, why text) returns bigint
language plpgsql security definer set search_path = '' as $$
begin
    if coalesce(why, '') = '' then
        raise exception 'Say why you read it, as the number of the case.';
    end if;
    return audit.note_reading('withheld/' || area, record, session_user, why);
end
$$;

create function retention.read_withheld(ticket bigint) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    asked audit.reading;
    its_area text;
    relation text;
    content jsonb;
begin
    select * into asked from audit.reading r
    where r.number = read_withheld.ticket and r.account = session_user and r.what like 'withheld/%';
    if not found or asked.at < clock_timestamp() - interval '15 minutes' then
        raise exception '% is no ticket of %, or it is older than 15 minutes.', ticket, session_user
            using errcode = 'insufficient_privilege', hint = 'Ask for one: retention.ask_withheld(area, record, why).';
    end if;
    if asked.xact = pg_current_xact_id_if_assigned() then
        raise exception 'Ticket % is not on record yet.', ticket
            using errcode = 'insufficient_privilege', hint = 'Commit, then read.';
    end if;
    insert into retention.used_ticket values (read_withheld.ticket) on conflict do nothing;
    if not found then
        raise exception 'Ticket % was used.', ticket using errcode = 'insufficient_privilege', hint = 'Ask for another.';
    end if;
    its_area := substr(asked.what, 10);
    relation := (select a.relation from retention.area a where a.code = its_area limit 1);
    if relation is null or to_regclass(relation) is null then
        raise exception 'There is no area % here.', its_area;
    end if;
    perform retention.at_home();
    execute format('select to_jsonb(t) from %s t where t.record = $1 and t.reach = ''withheld''', relation)
        into content using asked.subject;
    if not (content is not null and (pg_has_role(session_user, 'dfdg_archive', 'member') or exists (
        select from retention.hold h where h.handler = session_user and h.citizen = content ->> 'citizen'
            and (h.record is null or h.record = asked.subject)
    ))) then
        raise exception 'Record % is not withheld, or % may not read it.', asked.subject, session_user
            using errcode = 'insufficient_privilege';
    end if;
    insert into retention.reading (who, area, record, why) values (session_user, its_area, asked.subject, asked.why);
    return content;
end
$$;
revoke all on function retention.ask_withheld, retention.read_withheld from public;
grant execute on function retention.ask_withheld, retention.read_withheld to dfdg_archive, dfdg_case_handler;
