-- Which version of the program may work on a consumer: its states and rows may be of a form that an older one cannot read.
alter table ledger.consumer add needs int not null default 0;
comment on column ledger.consumer.needs is 'the highest FORMAT (infra/engine/consumer.py) of a program that has started this'
    ' consumer: one with a lower number does not start it';
