-- Who may read what. Group roles without login: an account of a person or a service is made a member of what it needs.
-- Roles belong to the whole server, so another database, perhaps at this moment, may make them too.
do $$
declare
    name text;
begin
    foreach name in array array['dfdg_operator', 'dfdg_auditor', 'dfdg_citizen_view', 'dfdg_edge'] loop
        begin
            execute format('create role %I nologin', name);
        exception when duplicate_object or unique_violation then
            raise notice 'role % is there already', name;
        end;
    end loop;
end
$$;

-- Operates and explains. Not audit, identity, dead_letter; nor the bodies in the outbox, where a replaced title stands
-- for the moment until Kafka has it (TIT-9).
grant usage on schema ledger, cv, mailbox, flood, titles, journal, reference to dfdg_operator;
grant select on ledger.consumer, ledger.slice, ledger.inbox, ledger.batch, ledger.state to dfdg_operator;
grant select (consumer, slice, batch, records) on ledger.outbox to dfdg_operator;
grant select on all tables in schema cv, mailbox, flood, titles, journal, reference to dfdg_operator;

-- The only role that reads who held which title before it was replaced.
grant usage on schema audit, reference to dfdg_auditor;
grant select on all tables in schema audit, reference to dfdg_auditor;

-- Serves citizens and employers: their CV status, and what their items show now.
grant usage on schema cv, titles to dfdg_citizen_view;
grant select on cv.status, titles.current to dfdg_citizen_view;

-- The producers' edge, which turns CPR numbers into subject ids.
grant usage on schema identity to dfdg_edge;
grant select, insert on identity.person to dfdg_edge;
