-- AD-2: the journal led from a company's CVR number over the check of its numbers to its anonymous advert. Neither the
-- check nor what it led to says so any more; what was written before is put right here. The journal's row in
-- docs/stores.md stays as it is (RET-8).
delete from journal.entry where type = 'job-ad-numbers-to-check.v1';
update journal.entry set cause = null
where type in ('job-ad-answered.v1', 'advert-published.v1') and rule = 'AD-2' and cause is not null;
