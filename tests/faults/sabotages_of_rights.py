"""Mistakes of one line that would touch people's rights at once: orders and receipts, access, readings, CPR numbers."""

from tests.faults.sabotages import Sabotage

_RECEIPTS = "tests/consumers/test_restore.py::"
_FORGED = "tests/integration/test_forged_orders.py::"
_LIES = _FORGED + "test_an_order_or_a_block_that_does_not_hold_changes_nothing_and_waits_for_a_person"
_OVERTAKES = "tests/integration/test_nothing_overtakes.py::"
_CPR = "tests/producers/test_cpr_in_text.py"
_WRITTEN = "tests/producers/test_written_form.py"
_WITHHELD = "tests/consumers/test_withheld.py::"
_LOCKS = "tests/consumers/test_locks.py::"
_STRANGERS = "tests/consumers/test_provider_strangers.py::"

OF_RIGHTS = (
    Sabotage(
        "an order's own day believed", "consumers/deletion_orders.py", "min(order.day, today), area.years",
        "order.day, area.years", _LIES,
    ),
    Sabotage(
        "an order dated ahead carried out", "consumers/deletion_orders.py", "order.day > next_day(today)", "False",
        _FORGED + "test_an_order_dated_ahead_of_the_slices_day_deletes_nothing_and_is_set_aside",
    ),
    Sabotage(
        "approval not locked", "consumers/deletion_orders.py", "is not null for share of d", "is not null",
        _FORGED + "test_nobody_changes_the_approval_that_an_order_rests_on_until_the_deletion_is_committed",
    ),
    Sabotage(
        "an order of another citizen's record carried out", "consumers/deletion_orders.py",
        "and t.citizen = asked.citizen and", "and",
        _FORGED + "test_an_order_under_another_citizens_key_deletes_nothing",
    ),
    Sabotage(
        "a parked citizen's record deleted", "consumers/deletion_orders.py", "if order.citizen in parked:", "if False:",
        _FORGED + "test_nothing_of_a_citizen_who_is_parked_where_the_deadline_or_the_hold_may_wait_is_deleted",
    ),
    Sabotage(
        "a person applies an order that does not hold", "consumers/deletion_orders.py",
        "return _unfit(connection, slice_, day, (), [event]).get(0)", "return None",
        _FORGED + "test_a_person_cannot_have_an_order_applied_before_its_day_either",
    ),
    Sabotage(
        "access stays open while its citizen is parked", "infra/migrations/0030_provider_views.sql",
        "s.parked ? parked.citizen", "false",
        _OVERTAKES + "test_acc_3_a_cancellation_that_waits_behind_garbage_closes_access_to_its_citizen_alone",
    ),
    Sabotage(
        "keys parked for an hour and nobody told", "infra/dead_letters/commands.py", "not in self._told", "is None",
        _OVERTAKES + "test_a_running_consumer_raises_the_alarm_once_for_keys_that_are_parked_for_an_hour",
    ),
    Sabotage(
        "an export that ends early taken", "consumers/admin/receipt_file.py",
        "whole(seal.ends) != whole(ends)", "False",
        _RECEIPTS + "test_ret_8_an_export_is_taken_only_whole_unchanged_and_signed_by_the_key",
    ),
    Sabotage(
        "a signature not checked", "consumers/admin/receipt_file.py",
        "and not is_signed(seal.text, seal.signature)", "and False",
        _RECEIPTS + "test_ret_8_an_export_is_taken_only_whole_unchanged_and_signed_by_the_key",
    ),
    Sabotage(
        "an unlawful receipt replayed", "schemas/receipts.py", "receipt.due > receipt.deleted_on or", "",
        _RECEIPTS + "test_a_receipt_of_no_lawful_deletion_is_refused_in_a_file_and_from_the_topic",
    ),
    Sabotage(
        "a file that lacks a slice lets readers in", "consumers/admin/receipts.py",
        "dict.fromkeys(ends, (0, FIRST)) if whole else {}", "{}",
        _RECEIPTS + "test_receipts_that_begin_too_late_or_end_too_early_are_refused_and_say_what_to_give",
    ),
    Sabotage(
        "doubts need nobody", "infra/cli/receipts.py", "if doubts and not dry_run", "if False and not dry_run",
        "tests/integration/test_retention.py"
        "::test_ret_8_what_cannot_be_proved_is_told_and_done_only_by_a_person_with_a_name",
    ),
    Sabotage(
        "receipts replayed in a database at home", "infra/cli/receipts.py", "if is_original(connection):", "if False:",
        "tests/integration/test_retention.py"
        "::test_ret_8_in_a_database_that_was_not_restored_nothing_is_deleted_again",
    ),
    Sabotage(
        "a provider's wishes are sought among everybody's", "infra/migrations/0030_provider_views.sql",
        "where h.holder = one and h.holder_kind", "where h.holder_kind",
        _STRANGERS + "test_acc_1_plan_buffers_and_rows_removed_are_the_same_whatever_becomes_of_a_stranger",
    ),
    Sabotage(
        "a reader's settings choose the plan", "infra/migrations/0030_provider_views.sql",
        "r.ends + 0 >= day", "r.ends >= day",
        _STRANGERS + "test_acc_1_plan_buffers_and_rows_removed_are_the_same_whatever_becomes_of_a_stranger",
    ),
    Sabotage(
        "the server's figures stay everybody's", "infra/migrations/0030_provider_views.sql",
        "execute format('revoke all on function %s from public', told);", "null;",
        _STRANGERS + "test_acc_1_no_figure_of_the_server_tells_a_provider_that_a_stranger_came_changed_or_went",
    ),
    Sabotage(
        "what is withheld is kept back by a condition", "infra/migrations/0031_open_rows.sql",
        "from register.open_joblog() offset 0", "from register.joblog_entry where reach = 'open'",
        _WITHHELD + "test_ret_6_a_readers_own_operators_never_meet_what_is_withheld_closed_or_held",
    ),
    Sabotage(
        "a ticket that is not committed yet opens a record", "infra/migrations/0034_readings.sql",
        "if asked.xact = pg_current_xact_id_if_assigned() then", "if false then",
        _WITHHELD + "test_ret_6_no_reader_takes_back_that_it_read_and_what_is_refused_stays_on_record_too",
    ),
    Sabotage(
        "a ticket is used as often as one likes", "infra/migrations/0034_readings.sql",
        "insert into retention.used_ticket values (read_withheld.ticket) on conflict do nothing;",
        "perform from retention.home;",
        _WITHHELD + "test_ret_6_no_reader_takes_back_that_it_read_and_what_is_refused_stays_on_record_too",
    ),
    Sabotage(
        "a row of the record of readings is not of its chain", "infra/migrations/0034_readings.sql",
        "r.number, r.at, r.account, r.who, r.what, r.subject, r.why, r.previous)", "r.number, r.at, r.previous)",
        _WITHHELD + "test_the_record_of_readings_is_a_chain_that_nobody_changes_and_a_change_in_spite_of_it_is_seen",
    ),
    Sabotage(
        "a reading is on record only when it went well", "infra/cli/common.py", "    connection.commit()\n", "",
        "tests/integration/test_show.py::"
        "test_ops_3_every_command_that_shows_a_person_puts_the_reading_on_record_also_when_it_finds_nobody",
    ),
    Sabotage(
        "a lock that every account reaches", "consumers/record_lock.py",
        'lock_names(connection, [f"records/{slice_}" for slice_ in slices])',
        """[connection.execute("select pg_advisory_xact_lock(x'52454354'::int, %s)", (each,)) for each in slices]""",
        _LOCKS + "test_acc_3_whatever_a_provider_holds_its_cancellation_is_applied_and_it_reads_no_more",
    ),
    Sabotage(
        "rows that are looked at, not locked", "infra/postgres.py", "order by name for update", "order by name",
        _LOCKS + "test_records_of_a_slice_are_written_by_one_transaction_at_a_time_and_the_lock_leaves_nothing_behind",
    ),
    Sabotage(
        "a migration waits for whoever stands in its way", "infra/postgres.py",
        "done.wait(LOCK_WAIT_S)", "done.wait(600)",
        _LOCKS + "test_a_migration_ends_the_session_that_stands_in_its_way_and_no_other",
    ),
    Sabotage(
        "a password without an end", "consumers/admin/provider_roles.py",
        '"alter role {} login password {} valid until {}"', '"alter role {} login password {} -- {}"',
        "tests/integration/test_provider_cli.py::"
        "test_a_provider_is_let_in_with_a_password_that_works_and_shut_out_again",
    ),
    Sabotage(
        "a number read as a moment", "schemas/event.py", "if isinstance(value, str) and _MOMENT.fullmatch(value):",
        "if isinstance(value, str):", _WRITTEN,
    ),
    Sabotage("a text read as a truth", "schemas/event.py", "| ConfigDict(strict=True)", "| ConfigDict()", _WRITTEN),
    Sabotage(
        "of a key that stands twice the last one counts", "producers/line_fields.py",
        "if len(content) < len(pairs):", "if False:", _WRITTEN,
    ),
    Sabotage("another system's null taken", "producers/lines.py", "faults += nulls_of(event)", "pass", _WRITTEN),
    Sabotage(
        "digits of other scripts are no digits", "schemas/cpr.py",
        'return unicodedata.normalize("NFKC", text).translate(_PLAIN)', "return text", _CPR,
    ),
    Sabotage(
        "whatever stands before a number excuses it", "schemas/cpr.py",
        "any(stands.search(before) and re.fullmatch(form, written) for", "any(stands.search(before) for", _CPR,
    ),
    Sabotage(
        "a CPR number in a record that came past the edge is applied", "infra/engine/intake.py",
        "(why := refusal(topic, event) or (", "(why := None or (",
        "tests/integration/test_cpr_past_the_edge.py",
    ),
    Sabotage(
        "a replay judges anew what was applied", "infra/engine/intake.py",
        "if not cursor.judged and (why := refusal(", "if (why := refusal(",
        "tests/integration/test_cpr_past_the_edge.py::test_a_batch_log_in_which_such_a_record_was_applied_still_replays",
    ),
    Sabotage(
        "who is not known is let in", "streams/policies/bi_logins.py",
        'granted=False, text="bi-login-refused-unknown"', 'granted=True, text="bi-login-granted"',
        "tests/stories/test_bi.py::"
        "test_bi_2_before_the_day_the_old_login_of_an_unknown_or_a_removed_user_is_refused_with_the_reason",
    ),
    Sabotage(
        "a user decides for himself", "streams/policies/bi_state.py", "who != user and self.responsible in (None, who)",
        "True",
        "tests/stories/test_bi.py::"
        "test_bi_4_a_decision_by_the_user_or_by_another_does_not_count_and_is_shown_and_the_request_stays_open",
    ),
    Sabotage(
        "a re-activation opens the door to what was asked before it", "streams/policies/vitas_state.py",
        "and moment < self.reactivated_at", "and False",
        "tests/stories/test_vitas_users.py::"
        "test_vit_3_a_request_made_before_the_re_activation_is_refused_though_it_is_read_after_it",
    ),
    Sabotage(
        "a company's number in other digits published", "streams/policies/job_ads.py", "normal_form(text)", "text",
        "tests/policies/test_job_ads.py::test_an_anonymous_advert_that_shows_its_number_is_refused_always",
    ),
)  # fmt: skip
