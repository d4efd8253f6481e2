-- Past records that no client can unpack: an operator's order, carried out at once; the owner reads on behind them.
alter table dead_letter.act drop constraint act_act_check,
    add constraint act_act_check check (act in ('redrive', 'discard', 'accept', 'skip'));
comment on column dead_letter.act.letters is 'of accept: how many are let through; of skip: how many offsets it covers';
