-- Locks by name. An advisory lock is a number that every account of the server may take, also a provider: whoever held one
-- of ours stopped the register of referrals, and so its own cancellation. These rows only the engine reaches. A row is
-- locked and never changed, so the table does not grow. An archive delivery adds the row of its area.
create table ledger.lock_row (name text primary key);
insert into ledger.lock_row select 'records/' || slice from generate_series(0, 7) slice union all values ('titles');
