-- The only place that knows CPR numbers (invariant 4): sealed, with a keyed index to find them by.
create schema identity;
revoke all on schema identity from public;

create table identity.person (
    cpr_index bytea primary key,   -- HMAC-SHA256 of the number: finds it, and without the key tells nothing
    cpr_sealed bytea not null,     -- nonce (12 bytes) and AES-256-GCM, bound to the index
    subject text not null unique,  -- random: nothing about the person follows from it
    created_at timestamptz not null default now()
);
revoke all on identity.person from public;
