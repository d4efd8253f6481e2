-- RET-8: each time receipts were replayed into a restored database: by whom, and in spite of which doubts. Without
-- personal data but an operator's name, so it stays.
create table retention.replayed (
    at timestamptz primary key default clock_timestamp(),
    who text not null check (who <> ''),
    receipts bigint not null,        -- that the database lacked
    records bigint not null,         -- that were there again, and were deleted
    doubts text[] not null           -- what spoke against it, as it was shown; none for a signed file and a whole topic
);
grant select on retention.replayed to dfdg_operator;
