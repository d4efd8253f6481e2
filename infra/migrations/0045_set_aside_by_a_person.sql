-- A person sets one record aside, at which a slice has stopped: an operator's order, carried out at once.
alter table dead_letter.act drop constraint act_act_check,
    add constraint act_act_check check (act in ('redrive', 'discard', 'accept', 'skip', 'set-aside'));
