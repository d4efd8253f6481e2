-- ACC-3: nothing overtakes a record that could not be read. While a citizen is parked in `referral-register`, a
-- cancellation may wait behind that record, so nobody reads about the citizen. One look at one row of the ledger.
create function access.parked(citizen text, slice int) returns boolean language sql stable
return exists (
    select from ledger.slice s
    where s.consumer = 'referral-register' and s.slice = parked.slice and s.parked ? parked.citizen
);
revoke all on function access.parked(text, int) from public;

-- As in 0030, and closed while the citizen is parked.
create or replace function access.may_read(reader text, about text, by text default null) returns boolean
language plpgsql volatile security definer set search_path = '' set client_min_messages = error
set plan_cache_mode = force_generic_plan
set enable_indexscan = on set enable_seqscan = off set enable_bitmapscan = off as $$
begin
    if pg_catalog.current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'what a provider may read is judged at the moment of reading, not by an older snapshot'
            using errcode = 'active_sql_transaction', hint = 'Read in isolation level READ COMMITTED.';
    end if;
    return starts_with(reader, 'provider_') and exists (
        select from access.referral r, access.now
        where r.provider collate "C" = substr(reader, 10) and r.citizen collate "C" = about
            and (by is null or r.record = by)
            and r.reach = 'open' and now.today between r.first_day and r.ends and not access.parked(r.citizen, r.slice)
    );
end
$$;
