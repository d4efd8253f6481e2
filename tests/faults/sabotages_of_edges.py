"""Mistakes of one line that would let in what is false, let go too early, or stand still."""

from tests.faults.sabotages import OF_THE_CORE, Sabotage
from tests.faults.sabotages_of_rights import OF_RIGHTS

_RULES = "tests/integration/test_ledger_rules.py::"
_WORKER = "tests/integration/test_worker_rules.py::"
_ASIDE = "tests/integration/test_set_aside.py::"
_FAULTY = "tests/integration/test_faulty_records.py::"
_RESTORED = (
    "tests/integration/test_restore.py"
    "::test_it_ends_where_the_lost_one_stood_publishes_nothing_twice_and_its_next_events_are_heard"
)
_GATE = "tests/integration/test_version_gate.py"
_MARKS = "tests/integration/test_lost_tail.py"
_ANOTHER = _RULES + "test_another_fact_with_an_id_that_is_known_is_refused_and_the_same_fact_however_it_is_sent_repeats"
_OURS = (
    _RULES
    + "test_on_a_topic_of_our_ledger_what_no_consumer_that_writes_it_can_have_sent_is_refused_and_counts_for_nothing"
)
_AHEAD = "tests/integration/test_ahead.py::"
_CLOCK = "tests/integration/test_edge_clock.py::"
_PASSED = "tests/integration/test_set_aside_command.py::"
_SIZE, _INDEX = "tests/integration/test_honest_size.py::", "tests/policies/test_title_index.py::"
_BY_HAND = "tests/integration/test_by_hand.py::"
_WAKES = "tests/integration/test_wakes.py::"

SABOTAGES = (
    *OF_THE_CORE,
    *OF_RIGHTS,
    Sabotage(
        "another fact with a known id dropped", "infra/engine/intake.py",
        "(known is Known.CHANGED and not cursor.judged)", "False", _ANOTHER,
    ),
    Sabotage(
        "a request asked again under another id answered twice", "infra/engine/inbox.py",
        "Known.NEW if request is None or request in new else Known.ASKED", "Known.NEW",
        _RULES + "test_a_request_is_asked_once_under_whichever_id_it_comes_and_the_first_answer_stands",
    ),
    Sabotage(
        "how a fact is sent taken for what it says", "schemas/event.py", 'frozenset(("initial",))', "frozenset(())",
        _ANOTHER,
    ),
    Sabotage(
        "garbage hides the fact with its id", "infra/engine/inbox.py", "if cursor.bare else",
        "if cursor.bare or isinstance(event, UnreadableError) else", _ANOTHER,
    ),
    Sabotage(
        "an id of 32 digits taken without its source", "infra/engine/envelope.py", "ours=ours or bare", "ours=True",
        _RULES + "test_the_same_id_of_two_systems_is_two_facts_even_of_32_digits",
    ),
    Sabotage(
        "an id of an earlier release forgotten", "infra/engine/inbox.py", "if content is None}", "if False}",
        _RULES + "test_an_id_that_an_earlier_release_took_in_without_its_source_is_still_a_repetition",
    ),
    Sabotage(
        "own ids sent without their system", "producers/publisher.py", "and not named and client is None", "and False",
        "tests/integration/test_edge.py"
        "::test_two_systems_own_ids_are_two_facts_and_an_own_id_without_its_system_is_not_sent",
    ),
    Sabotage(
        "any source taken for a consumer of ours", "infra/engine/intake.py",
        'if about.headers["ce_source"] not in self._sources.get(about.topic.name, ())', "if False", _OURS,
    ),
    Sabotage(
        "a forged envelope parks a key", "infra/engine/intake.py",
        "if topic.writer is Writer.LEDGER and not cursor.judged:", "if False:", _OURS,
    ),
    Sabotage(
        "a log that lost its end read on", "infra/consumer_group.py", "check_log(asking, slice_, worker.marks)", "pass",
        _MARKS + "::test_a_take_over_compares_the_last_record_unless_retention_has_deleted_it",
    ),
    Sabotage(
        "what retention deleted taken for lost", "infra/source/log_check.py",
        "watermarks(asking, topic, slice_, ANSWER_S)[0] <= offset", "offset >= 0",
        _MARKS + "::test_a_take_over_compares_the_last_record_unless_retention_has_deleted_it",
    ),
    Sabotage(
        "a topic made anew read on until somebody looks", "infra/source/poll_loop.py",
        "self.made_anew(self._reader.new_ids())", "self._reader.new_ids()",
        _MARKS + "::test_a_topic_that_is_made_anew_while_a_slice_reads_it_stops_the_slice"
        "_before_it_reads_beyond_its_position",
    ),
    Sabotage(
        "a step of any consumer may find nothing in a replay", "infra/recovery/replay.py",
        "if transaction.handler.sweeps and not found.stepped:", "if not found.stepped:",
        "tests/integration/test_replay.py"
        "::test_a_step_that_finds_nothing_ends_the_replay_of_a_consumer_that_sweeps_nothing",
    ),
    Sabotage(
        "a restored clock takes a day that is ahead", "producers/clock.py",
        "date.max if known.simulated else copenhagen_day(known.now)", "date.max",
        _CLOCK + "test_after_a_restore_the_clock_knows_the_days_that_lie_on_the_topic_in_every_slice"
        "_and_none_that_is_ahead",
    ),
    Sabotage(
        "a day written with another schema's id", "infra/cli/clock.py", "Registry(there.registry, there.dsn)",
        "Registry(there.registry)",
        _CLOCK + "test_the_tool_begins_no_day_with_a_schema_id_that_the_database_knows_for_another_schema",
    ),
    Sabotage(
        "a replay forgets what schema ids stand for", "infra/cli/replay.py",
        "SchemaIds(there.dsn).keep(SchemaIds(of).all())", "pass",
        "tests/integration/test_replay.py::test_what_schema_ids_stand_for_is_known_where_the_log_is_replayed",
    ),
    Sabotage("numbers of any spelling", "schemas/headers.py", "if not _SEQUENCE.fullmatch(digits) or", "if", _OURS),
    Sabotage(
        "a forged sequence hides the true record", "infra/engine/deduplication.py",
        "if sequence == mark and marks[source] not in (mark, last):", "if False:",
        _RULES + "test_a_second_record_with_the_last_sequence_of_its_source_repeats_it_or_is_an_alarm_by_its_id",
    ),
    Sabotage(
        "a late joiner takes any first sequence", "infra/engine/deduplication.py",
        " and sequence <= record.offset + 1", "",
        _RULES + "test_a_slice_that_joined_late_takes_no_first_sequence_that_the_log_is_too_short_for",
    ),
    Sabotage(
        "a forged sequence moves a restored ledger's", "infra/recovery/restore.py",
        "if known < seen.sequence <= max(known, seen.offset) + 1:", "if known < seen.sequence:", _RESTORED,
    ),
    Sabotage(
        "two forged records with one id keep a restored ledger closed", "infra/recovery/restore.py",
        "\non conflict do nothing\n\"\"\"", "\n\"\"\"", _RESTORED,
    ),
    Sabotage(
        "what was acknowledged is forgotten though the transaction failed", "infra/engine/worker.py",
        "        self._forget(acked)\n        failpoints", "        failpoints",
        _WORKER + "test_what_is_acknowledged_is_deleted_once_though_the_first_transaction_that_would_do_it_fails",
    ),
    Sabotage(
        "a lost registry is filled anew", "infra/registry.py",
        "if lost := [each for each in known if not self.has(each)]:", "if lost := []:",
        "tests/integration/test_lost_registry.py::test_nothing_is_registered_where_a_schema_is_missing_that_records_were_written_with",
    ),
    Sabotage(
        "an id with another meaning taken", "infra/schema_ids.py", "and not same(known.text, each.text):", "and False:",
        "tests/integration/test_lost_registry.py",
    ),
    Sabotage(
        "an older program starts on newer states", "infra/engine/consumer.py", "if needs > FORMAT:", "if False:", _GATE
    ),
    Sabotage(
        "an older program takes a newer database", "infra/migrate.py",
        "if newer := sorted(set(applied) - {each.number for each in migrations}):", "if newer := []:", _GATE,
    ),
    Sabotage(
        "a topic goes by its writers' time", "infra/topic_admin.py", '"message.timestamp.type": "LogAppendTime"',
        '"message.timestamp.type": "CreateTime"', "tests/integration/test_edge_servers.py::"
        "test_a_record_with_an_old_time_is_kept_as_long_as_any_other_on_topics_that_are_new_and_that_were_there",
    ),
    Sabotage(
        "a refusal counts for the limit of letters", "infra/dead_letters/store.py",
        "if not letter.waits and letter.counts]", "if not letter.waits]",
        _ASIDE + "test_no_number_of_refusals_stops_the_slice_or_hides_a_run_of_letters",
    ),
    Sabotage(
        "the key of a faulty record flows on", "infra/engine/sift.py", "parks=True, counts=True)])",
        "parks=False, counts=True)])", _FAULTY + "test_the_one_record_on_which_a_batch_fails_becomes_a_letter_and_parks"
        "_its_key_and_the_others_are_applied",
    ),
    Sabotage(
        "the program's fault is taken for the record's", "infra/engine/sift.py", "if not passed and not any(",
        "if False and not any(",
        _FAULTY + "test_a_batch_of_which_no_record_passes_is_the_programs_fault_and_nothing_is_set_aside",
    ),
    Sabotage(
        "faulty records count for no limit", "infra/engine/sift.py", "parks=True, counts=True)])",
        "parks=True, counts=False)])", _FAULTY + "test_so_many_faulty_records_stop_the_slice_as_unreadable_ones_would",
    ),
    Sabotage(
        "a faulty broadcast is set aside", "infra/engine/sift.py",
        "FaultyRecordError) or batch.records[low].topic() in _BROADCAST:", "FaultyRecordError):",
        _FAULTY + "test_a_faulty_record_that_is_for_every_slice_is_never_set_aside_without_a_person",
    ),
    Sabotage(
        "who fails behind a commit counted as standing still", "infra/consumer_group.py", "if worker.batch != stood:",
        "if False:",
        "tests/integration/test_faulty_records.py::"
        "test_a_slice_that_fails_behind_each_commit_goes_on_and_has_no_alarm",
    ),
    Sabotage(
        "a failure that nobody has thought of is tried for ever", "infra/consumer_group.py", "if times < MAX_FAILURES:",
        "if True:",
        _FAULTY + "test_what_fails_again_and_again_without_progress_stops_the_slice_with_an_alarm_that_names_the_class",
    ),
    Sabotage(
        "a rule's error is quoted", "infra/engine/failures.py", "on a record: {named(error)}", "on a record: {error}",
        _FAULTY + "test_a_batch_of_which_no_record_passes_is_the_programs_fault_and_nothing_is_set_aside",
    ),
    Sabotage(
        "a schema that cannot be resolved goes through", "schemas/codec.py",
        "except Exception as error:  # noqa: BLE001 - all of", "except ValueError as error:  # all of",
        "tests/contract/test_unreadable.py",
    ),
    Sabotage(
        "a server's settings are obeyed", "infra/postgres.py", "{**SESSION, **more}", "more",
        "tests/infra/test_session.py",
    ),
    Sabotage(
        "a replay judges anew", "infra/recovery/replay.py", "cursor.epoch, cursor.judged = logged.epoch, True",
        "cursor.epoch = logged.epoch", _ASIDE + "test_a_replay_sets_the_same_records_aside_and_asks_no_judge",
    ),
    Sabotage(
        "a person's word is judged", "infra/dead_letters/redrive.py", "cursor.judged = stored.refused",
        "cursor.judged = False", _ASIDE + "test_only_a_person_applies_a_refusal_and_no_judge_is_asked_again",
    ),
    Sabotage(
        "a letter that nobody judged is not judged when driven again", "infra/dead_letters/redrive.py",
        "cursor.judged = stored.refused", "cursor.judged = True",
        _ASIDE + "test_an_unreadable_letter_is_judged_once_it_can_be_read_and_then_by_who_drives_it_again",
    ),
    Sabotage(
        "what waited is lost when it is refused", "infra/dead_letters/redrive.py", "            applied.remove(each)",
        "            pass", _ASIDE + "test_what_waited_behind_a_letter_is_judged_when_it_is_applied",
    ),
    Sabotage(
        "a day of anybody taken", "infra/engine/days.py", 'if headers["ce_source"] != SOURCE:', "if False:",
        _AHEAD + "test_what_the_clock_has_not_written_begins_no_day_is_set_aside_and_the_clocks_own_day_begins",
    ),
    Sabotage(
        "a day before its midnight taken", "infra/engine/days.py", "if known.simulated or ahead <= TOLERANCE:",
        "if True:",
        _AHEAD + "test_a_day_before_its_midnight_makes_the_slice_wait_applies_what_lies_before_it_and_leaves_no_letter",
    ),
    Sabotage(
        "a fact dated ahead taken", "infra/engine/intake.py", "or (ahead and ahead(topic, record, event))",
        "or None",
        _AHEAD + "test_a_fact_of_a_day_after_the_one_that_follows_its_record_is_set_aside_and_moves_and_parks_nobody",
    ),
    Sabotage(
        "a fact dated ahead taken behind a dead letter", "infra/dead_letters/redrive.py",
        "stored.record, incoming.event)) is None:", "stored.record, incoming.event)) or True:",
        _AHEAD + "test_a_fact_dated_ahead_that_waited_behind_a_dead_letter_is_judged_when_it_goes_on",
    ),
    Sabotage(
        "a fact dated ahead published", "producers/lines.py", "if latest is not None and (field",
        "if False and (field",
        "tests/producers/test_publisher.py::"
        "test_a_day_that_lies_too_far_ahead_is_refused_with_its_field_and_the_last_one_is_taken",
    ),
    Sabotage(
        "years of missing days begun by nobody", "producers/clock.py", "if agreed is None:", "if False:",
        _CLOCK + "test_a_clock_whose_topic_is_empty_after_a_standstill_goes_on_from_its_own_row_and_does_not_jump",
    ),
    Sabotage(
        "a forged day moves the clock", "producers/clock.py", "is not None and day <= begun:", "is not None:",
        _CLOCK + "test_garbage_and_forged_days_on_the_topic_neither_silence_the_clock_nor_move_it",
    ),
    Sabotage(
        "the clock begins a day that has not come", "producers/calendar.py",
        "if not known.simulated and midnight(day) > known.now + TOLERANCE:", "if False:",
        _CLOCK + "test_in_a_real_database_the_clock_begins_no_day_before_its_midnight_and_notes_none",
    ),
    Sabotage(
        "a topic made anew read on until the next take-over", "infra/source/partition_state.py",
        "self.release()\n        self.take_over_at = 0.0", "self.take_over_at = None",
        "tests/infra/test_partition_state.py"
        "::test_a_slice_is_taken_over_again_once_its_work_is_done_but_not_out_of_an_alarm",
    ),
    Sabotage(
        "a batch that is too long is tried for ever", "infra/engine/sift.py",
        "self.size = max(1, min(self.size, count) // 2)", "pass",
        _FAULTY + "test_a_batch_that_is_too_long_for_a_transaction_is_halved_after_each_take_over_until_it_passes",
    ),
    Sabotage(
        "a standstill is caught up in one transaction", "streams/processor.py", "left = cursor.wakes", "left = None",
        _WAKES + "test_a_step_does_no_more_wakes_than_it_may_and_goes_on_and_each_subject_has_the_same_outputs",
    ),
    Sabotage(
        "a step that is too long is tried for ever", "infra/engine/worker.py", "with self._wakes.of(self._wakes.size):",
        "if True:",
        _WAKES + "test_a_step_that_is_too_long_for_a_transaction_is_halved_after_each_take_over_until_it_passes",
    ),
    Sabotage(
        "an old step is replayed as a new one", "infra/recovery/replay.py", ", logged.wakes", ", 5_000",
        _WAKES + "test_a_batch_log_replays_whether_its_steps_were_cut_by_wakes_or_as_before",
    ),
    Sabotage(
        "a person's act of another day taken", "producers/calendar.py", "if day not in (None, today",
        "if False and (today",
        _BY_HAND + "test_in_a_real_database_no_command_acts_on_another_day_than_today",
    ),
    Sabotage(
        "a person's act of a day ahead taken", "producers/calendar.py", "and day > (last := next_day(known.begun)):",
        "and not (last := day):",
        _BY_HAND + "test_in_a_simulated_database_no_command_acts_after_the_day_that_follows_the_last_one",
    ),
    Sabotage(
        "access judged by a moment of somebody's choice", "infra/migrations/0061_moment.sql", "and not simulated)",
        "and false)", _BY_HAND + "test_in_a_real_database_nobody_sets_the_moment_by_which_access_is_judged",
    ),
    Sabotage(
        "any record may be set aside", "infra/dead_letters/set_aside.py",
        "if record.error() is not None or record.offset() != offset:", "if record.error() is not None:",
        _PASSED + "test_a_notice_whose_id_is_there_already_is_set_aside",
    ),
    Sabotage(
        "a slice stops far in front of the record", "infra/engine/deduplication.py",
        "> mark + 1:\n        raise RecordAlarmError(", "> mark + 1:\n        raise AssertionError(",
        _PASSED + "test_a_forged_gap_is_set_aside_as_if_never_seen_and_the_sources_true_next_record_is_taken",
    ),
    Sabotage(
        "a table that nobody has is found at the next fact", "streams/processor.py",
        "        self._reference(connection, cursor)\n        if cursor.day", "        if cursor.day",
        _PASSED + "test_a_version_of_the_title_table_that_nobody_has_is_set_aside_and_facts_go_on_with_the_one_before",
    ),
    Sabotage(
        "a replay stumbles over what a person has set aside", "infra/recovery/replay.py", "if logged.commanded:",
        "if False:", _PASSED + "test_a_notice_whose_id_is_there_already_is_set_aside",
    ),
    Sabotage(
        "who has too much gets more", "streams/decision.py", "if limited and self.state is not None", "if False",
        _SIZE + "test_a_fact_too_many_is_refused_however_its_batch_is_cut_and_all_others_are_applied",
    ),
    Sabotage(
        "a person is told that there is no room", "streams/processor.py", "limited=not cursor.judged", "limited=True",
        _SIZE + "test_what_was_refused_for_its_number_is_applied_by_a_person",
    ),
    Sabotage(
        "the index of titles forgets what a title was", "streams/policies/title_index.py",
        "                index.drop(key, titles[at])\n", "",
        _INDEX + "test_with_the_index_of_a_long_life_all_is_decided_as_with_one_made_anew_for_each_fact",
    ),
    Sabotage(
        "the index of titles is made anew for each fact", "streams/policies/title_index.py",
        "        after._index = index\n", "",
        _INDEX + "test_a_fact_of_a_holder_with_ten_times_as_many_titles_takes_no_more_steps",
    ),
)  # fmt: skip
"""All of them."""
