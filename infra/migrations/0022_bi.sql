-- BI-3, BI-4: the users of bi.star.dk, for the operators.
create schema bi;
revoke all on schema bi from public;

-- One row a user with access, as last changed; it goes when the access is removed (RET-8).
create table bi.user (
    id text primary key,
    status text not null check (status in ('old-login', 'rights-to-move', 'nemlogin')),
    responsible text not null,      -- the person responsible for users in the user's jobcentre or fund
    modules text[] not null,        -- that can be used now
    modules_to_move text[] not null, -- that come back when the user moves the rights
    changed_at timestamptz not null,
    rule text not null
);

grant usage on schema bi to dfdg_operator;
grant select on bi.user to dfdg_operator;

-- The mail reaches every user on one day and is meant; decisions on access are few (chosen).
insert into flood.ceiling (reason, ceiling) values
    ('bi-nemlogin-comes', 50000),
    ('bi-module-asked', 5000),
    ('bi-module-granted', 5000),
    ('bi-module-refused', 5000),
    ('bi-module-decided', 5000),
    ('bi-access-created', 5000),
    ('bi-access-created-by-you', 5000);
