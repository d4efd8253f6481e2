-- The moment by which access is judged is set by hand in a simulated calendar only. In a real one it would let providers
-- read after their referrals' end, or before their first day. Judged at the commit, for an owner may ask what a provider
-- could read at a moment, and roll that back (`dfdg provider show --at`).
create function access.check_moment() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if exists (select from access.clock, clock.stand where moment is not null and not simulated) then
        raise exception 'access.clock: in a real database access is judged by real time, and no moment is set by hand'
            using errcode = 'check_violation', hint = 'Set the moment to null. A simulated calendar is made by'
                ' `dfdg clock simulate`, in a database in which no day has begun.';
    end if;
    return null;
end
$$;
revoke all on function access.check_moment() from public;

create constraint trigger real_time after insert or update on access.clock deferrable initially deferred
    for each row execute function access.check_moment();
create constraint trigger real_time after insert or update on clock.stand deferrable initially deferred
    for each row execute function access.check_moment();
