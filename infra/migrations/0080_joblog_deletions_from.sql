-- RET-5: who is told on 14 June that the Joblog closes can read it until 14 July; no entry of a Joblog, nor its voluntary
-- fields, goes before that day (chosen). The rows of schemas/retention_areas.py; a test compares them.
update retention.area set applies_from = '2021-07-14' where code in ('joblog-voluntary', 'joblog-mandatory');
