"""Mistakes of one line that would lose, double or leak data, each with the test that must catch it.

`test_sabotages.py` checks that each still fits the code; `python -m tests.faults.sabotage` does them, one by one.
"""

from typing import NamedTuple


class Sabotage(NamedTuple):
    """`old` occurs once in `file`. Replaced by `new`, it must make the test `caught_by` fail."""

    what: str
    file: str
    old: str
    new: str
    caught_by: str


_RULES = "tests/integration/test_ledger_rules.py::"
_WORKER = "tests/integration/test_worker_rules.py::"
_RETENTION = "tests/consumers/test_retention.py::"
_FORGED = "tests/integration/test_forged_orders.py::"
_LIES = _FORGED + "test_an_order_or_a_block_that_does_not_hold_changes_nothing_and_waits_for_a_person"
_CORPUS = "tests/integration/test_corpus.py::"
_STUCK = "tests/integration/test_stuck_detector.py"
_RESTORED = (
    "tests/integration/test_restore.py"
    "::test_it_ends_where_the_lost_one_stood_publishes_nothing_twice_and_its_next_events_are_heard"
)
_CONFLICT = "tests/integration/test_ownership_conflict.py"
_ONCE = _RULES + "test_on_an_input_topic_an_id_counts_once_within_a_batch_and_after_it"
_SEQUENCES = _RULES + "test_of_the_ledgers_own_records_the_next_counts_a_lower_one_repeats_and_a_gap_stops_the_slice"
_LEFTOVERS = (
    _RULES + "test_a_take_over_finds_what_was_committed_and_never_published_and_clearing_deletes_exactly_what_is_named"
)
_NOTHING_STAYS = _WORKER + "test_a_failure_at_any_point_inside_the_transaction_leaves_nothing_and_publishes_nothing"
_LOST_COMMIT = _WORKER + "test_a_commit_whose_answer_is_lost_is_never_tried_again_but_taken_over"
_BACK = _RETENTION + "test_ret_8_a_redelivered_order_a_late_event_and_a_whole_replay_bring_nothing_back"

OF_THE_CORE = (
    Sabotage("inbox off", "infra/engine/inbox.py", "if id_ not in new:", "if False:", _ONCE),
    Sabotage("inbox forgets within a batch", "infra/engine/inbox.py", "new -= {id_, request}", "new |= {id_}", _ONCE),
    Sabotage(
        "position compared with <=", "infra/engine/intake.py", "if offset < cursor.positions.get(topic.name, 0):",
        "if offset <= cursor.positions.get(topic.name, 0):", _ONCE,
    ),
    Sabotage(
        "position never compared", "infra/engine/intake.py", "if offset < cursor.positions.get(topic.name, 0):",
        "if False:", _RULES + "test_a_record_below_the_position_is_dropped_though_its_id_was_forgotten",
    ),
    Sabotage(
        "a batch from beyond the position taken", "infra/engine/intake.py", "if start > cursor.positions.get(name, 0):",
        "if False:", _RULES + "test_a_batch_fetched_from_beyond_the_position_is_refused_and_nothing_of_it_stays",
    ),
    Sabotage(
        "a repeated sequence taken", "infra/engine/deduplication.py", "if sequence <= mark:", "if False:", _SEQUENCES
    ),
    Sabotage("a gap passed over", "infra/engine/deduplication.py", "if sequence > mark + 1:", "if False:", _SEQUENCES),
    Sabotage(
        "epoch not compared", "infra/engine/ledger.py", "if row is None or row[0] != epoch:", "if row is None:",
        _RULES + "test_who_lost_the_slice_can_commit_nothing_more",
    ),
    Sabotage(
        "epoch not raised", "infra/engine/ledger.py", "set epoch = epoch + 1,", "set epoch = epoch + 0,",
        _RULES + "test_who_lost_the_slice_can_commit_nothing_more",
    ),
    Sabotage(
        "the whole outbox cleared", "infra/engine/ledger.py",
        "slice = %(slice)s and batch = any(%(acked)s)\n    and exists",
        "slice = %(slice)s and 0 <> all(%(acked)s)\n    and exists", _LEFTOVERS,
    ),
    Sabotage(
        "a worker that lost the slice clears its outbox", "infra/engine/ledger.py",
        "slice = %(slice)s and epoch = %(epoch)s)", "slice = %(slice)s and %(epoch)s >= 0)", _LEFTOVERS,
    ),
    Sabotage(
        "outbox cleared before the acknowledgement", "infra/engine/worker.py",
        "takewhile(lambda pending: pending.acked, self._pending)", "self._pending",
        _WORKER + "test_what_is_published_stays_in_the_outbox_until_it_is_acknowledged",
    ),
    Sabotage(
        "batches without limit while Kafka acknowledges none", "infra/engine/worker.py",
        "while len(self._pending) >= MAX_UNACKED_BATCHES and not self._pending[0].acked:", "while False:",
        _WORKER + "test_without_acknowledgements_a_worker_commits_so_many_batches_and_no_more_until_the_next_one_comes",
    ),
    Sabotage(
        "acknowledged by the first partition", "infra/engine/outbox.py", "return len(self._acks) == self._partitions",
        "return len(self._acks) > 0",
        "tests/integration/test_outbox.py::"
        "test_a_batch_is_acknowledged_when_kafka_has_its_last_record_on_every_partition",
    ),
    Sabotage(
        "leftovers not published", "infra/engine/worker.py", "for batch, outgoing in taken.leftovers:",
        "for batch, outgoing in ():",
        _WORKER + "test_what_was_committed_and_not_published_is_published_by_who_takes_over",
    ),
    Sabotage(
        "state written outside the transaction", "streams/processor.py",
        "connection.execute(_WRITE, (self.name, cursor.slice, *rows))",
        'connection.execute(_WRITE, (self.name, cursor.slice, *rows)); connection.execute("commit; begin")',
        _NOTHING_STAYS,
    ),
    Sabotage(
        "published before the commit", "infra/engine/worker.py",
        "done = self._transaction.apply(connection, cursor, batch, acked, notified=self.notified)",
        "done = self._transaction.apply(connection, cursor, batch, acked);"
        " self._publisher.publish(cursor.source, cursor.batch, done.outgoing)", _LOST_COMMIT,
    ),
    Sabotage(
        "an unknown outcome tried again in place", "infra/engine/failures.py",
        "(psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)",
        "(psycopg.errors.SerializationFailure, psycopg.OperationalError)",
        _LOST_COMMIT,
    ),
    Sabotage(
        "every event of one cause has one id", "streams/decision.py", 'derived_id(name, cause, b"%d" % index)',
        'derived_id(name, cause, b"0")',
        _WORKER + "test_what_was_committed_and_not_published_is_published_by_who_takes_over",
    ),
    Sabotage(
        "a duty restored a day late", "streams/policies/cv_state.py", "else next_day(self.last_day)",
        "else next_day(next_day(self.last_day))",
        "tests/stories/test_cv_exemptions.py::test_cv_2_an_exemption_that_ends_restores_the_duty_on_the_day_after",
    ),
    Sabotage(
        "first-load flag ignored", "streams/policies/cv_notices.py", "if initial or after.as_of < NOTICES_FROM:",
        "if after.as_of < NOTICES_FROM:", "tests/stories/test_cv_recipients.py",
    ),
    Sabotage(
        "a sentence about what is not there", "schemas/texts/text.py",
        'return found[1] if set(_DETAIL.findall(found[1])) <= set(there) else ""', "return found[1]",
        "tests/contract/test_texts.py::test_a_text_has_only_sentences_about_what_there_is",
    ),
    Sabotage(
        "a notice without the exemption", "streams/policies/cv_notices.py", "details |= _exemption(before, after)",
        "details |= {}",
        "tests/stories/test_cv_recipients.py::"
        "test_a_move_under_an_exemption_names_it_with_its_last_day_to_jobcentre_and_fund_alike",
    ),
    Sabotage(
        "a late fact is decided as if it were in time", "streams/decision.py", "max(day, self.today or day)", "day",
        "tests/stories/test_title_adverts.py::"
        "test_tit_6_an_employer_who_is_contacted_late_has_a_week_from_that_day_and_no_reminder",
    ),
    Sabotage(
        "an expired advert that is sent again stands again", "streams/policies/title_facts.py",
        'if gone.status == "expired":', "if False:",
        "tests/stories/test_title_adverts.py::"
        "test_tit_6_an_expired_advert_that_a_nightly_export_sends_again_stays_expired_until_its_title_is_another_one",
    ),
    Sabotage(
        "saying the same again is an update", "consumers/registers.py", 'is not distinct from ({1})"',
        'is not distinct from ({1}) and false"',
        _RETENTION + "test_ret_7_what_is_recorded_again_as_it_was_is_no_update_and_what_was_another_meanwhile_is",
    ),
    Sabotage(
        "a closing gone by is announced", "streams/policies/joblog.py", "if closes_on <= today:", "if False:",
        "tests/policies/test_joblog.py::test_what_is_read_late_is_told_of_by_what_is_so_on_that_day",
    ),
    Sabotage(
        "deadline a day early", "schemas/retention_areas.py", "return add_years(anchor, area.years)",
        "return date.fromordinal(add_years(anchor, area.years).toordinal() - 1)",
        "tests/policies/test_retention.py::test_nothing_goes_a_day_early_and_on_its_day_it_goes",
    ),
    Sabotage(
        "receipt check removed from the decision", "streams/policies/retention.py",
        '"no-receipt": area.archive is not None and aged.reference is None', '"no-receipt": False',
        "tests/policies/test_retention.py::"
        "test_without_its_receipt_what_is_archived_first_stays_and_nothing_is_remembered",
    ),
    Sabotage(
        "receipt check removed from the deletion", "consumers/deletion_orders.py",
        "archived[area][number] = order", "pass",
        _LIES,
    ),
    Sabotage(
        "a hold ignored by the deletion", "consumers/deletions.py",
        "where {AS_ASKED} and {_NOT_HELD} returning {AS_IT_WAS}\"", "where {AS_ASKED} returning {AS_IT_WAS}\"",
        _RETENTION + "test_ret_6_a_hold_that_only_the_deletions_know_stops_an_order_until_the_decision_knows_it",
    ),
    Sabotage(
        "a deleted record comes back", "consumers/registers.py",
        "r.area = %(area)s and r.record = new.record)\"", "r.area = %(area)s and false)\"", _BACK,
    ),
    Sabotage(
        "the search for due records does not store how far it came", "consumers/ageing.py",
        "anchor, record = (rows[-1][2], rows[-1][0]) if rows else after", "anchor, record = after",
        "tests/consumers/test_ageing.py::test_due_records_are_found_in_bounded_pieces_each_once_and_a_stop_loses_none",
    ),
    Sabotage(
        "SET for SET LOCAL", "consumers/admin/provider_gateway.py", '"set local role {}"', '"set role {}"',
        "tests/consumers/test_provider_gateway.py::"
        "test_acc_1_with_the_provider_the_role_ends_though_the_connection_goes_on",
    ),
    Sabotage(
        "dead letter without its position", "infra/dead_letters/store.py",
        'return f"{record.topic()}/{cursor.slice}/{record.offset()}"', "return str(record.topic())",
        _CORPUS + "test_every_kind_of_bad_record_is_a_dead_letter_whole_and_the_rest_flows",
    ),
    Sabotage(
        "a skip that takes the next record along", "infra/dead_letters/skip.py", "cursor.move(topic, end)",
        "cursor.move(topic, end + 1)",
        _CORPUS + "test_a_batch_that_nobody_can_unpack_stops_its_slice_with_an_alarm_until_a_command_passes_over_it",
    ),
    Sabotage(
        "after a restore sequences are given again", "infra/recovery/restore.py", "sent || %s", "%s || sent", _RESTORED
    ),
    Sabotage(
        "after a restore published events are published again", "infra/recovery/restore.py", "if each.id not in there]",
        "]",        _RESTORED,
    ),
    Sabotage(
        "a restored database opens while workers run", "infra/recovery/restore.py", "members(admin(kafka), consumers)",
        "[]",
        "tests/integration/test_restore.py::test_while_a_worker_runs_it_stays_closed",
    ),
    Sabotage(
        "access a day too long", "infra/migrations/0030_provider_views.sql",
        "and r.reach = 'open' and now.today between r.first_day and r.ends",
        "and r.reach = 'open' and now.today between r.first_day and r.ends + 1",
        "tests/consumers/test_provider_access.py",
    ),
    Sabotage(
        "the flood guard counts each batch anew", "consumers/flood_guard.py",
        "set notices = flood.count.notices + excluded.notices", "set notices = excluded.notices",
        "tests/consumers/test_flood_guard.py",
    ),
    Sabotage(
        "a day counts as begun when one slice has it", "producers/clock.py", "return min(known) if len(known)",
        "return max(known) if len(known)",
        "tests/producers/test_clock.py::test_a_day_counts_as_begun_when_no_slice_lacks_it",
    ),
    Sabotage(
        "two requests on the way", "infra/engine/outbox.py", '"max.in.flight": 1,', '"max.in.flight": 2,',
        "tests/integration/test_in_flight.py",
    ),
    Sabotage(
        "a worker that is fenced for long goes on", "infra/source/partition_state.py",
        "return now - self.fenced_since > OWNERSHIP_CONFLICT_S * (2 if newcomer else 1)", "return False", _CONFLICT,
    ),
    Sabotage(
        "an end below 0 taken", "infra/kafka.py", "if answer.offset < 0]", "if False]",
        "tests/infra/test_kafka_answers.py",
    ),
    Sabotage("a stuck reader goes on", "infra/source/buffer.py", "if at < ends.get(topic, 0)}", "if False}", _STUCK),
    Sabotage(
        "a package is not read back", "consumers/archive/verify.py",
        "if _md5(folder / path) != listed[path]]", "if False]", "tests/archive/test_verify.py",
    ),
)  # fmt: skip
