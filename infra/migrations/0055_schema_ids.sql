-- Which schema each id in a record stands for. Records on the topics name schemas by the registry's own numbers, and a
-- registry that was lost gives other numbers: this is what they meant.
create table ledger.schema (
    id int not null,
    subject text not null,
    body text not null,
    primary key (id, subject)
);
grant select on ledger.schema to dfdg_operator;
comment on table ledger.schema is 'schemas by the id that records name them with; kept when an id is first given or met';
comment on column ledger.schema.subject is 'the registry''s subject: the topic''s name and -value';
comment on column ledger.schema.body is 'the schema as the registry had it';
