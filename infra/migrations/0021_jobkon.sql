-- JKO-3: who still uses which function of JobKon, for the operators.
create schema jobkon;
revoke all on schema jobkon from public;

-- One row a user and function: the last use. It goes 90 days after that use, when the day after begins (RET-8).
create table jobkon.usage (
    requester text not null, -- the user, by the id that JobKon has
    function text not null,
    slice int not null,
    last_used date not null,
    primary key (requester, function)
);
create index on jobkon.usage (slice, last_used);

grant usage on schema jobkon to dfdg_operator;
grant select on jobkon.usage to dfdg_operator;

-- Some hundreds of consultants work in JobKon (chosen, with room).
insert into flood.ceiling (reason, ceiling) values ('jobkon-function-ends', 20000);
