-- RET-8: what finds the copies that are too old (consumer `tidying`).
create index notice_day on mailbox.notice (day);
create index letter_buried on dead_letter.letter (buried_at);
