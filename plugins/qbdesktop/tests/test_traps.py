"""What QuickBooks Desktop and its Web Connector are known to trip people up with, and the tests that stand for each.

The table is the way from a trap to its tests, wherever they are; the tests in this module are those of traps that no
other module is about.
"""

from __future__ import annotations

import ast
import logging
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from desktop_shop import added, customer, invoice, links, operations, put, visits
from hub_qbdesktop import layout, messages
from hub_qbdesktop.connectors import Connectors
from hub_qbdesktop.tables import CONNECTORS
from lxml import etree

from hub import Visits
from hub.models import Cursor, table

TRAPS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "An unknown user gets two texts, the second nvu, in Intuit's namespace, and no hint by the time it takes.",
        (
            "test_an_unknown_user_is_told_so_in_two_texts_in_the_right_namespace",
            "test_an_unknown_user_and_a_wrong_password_go_the_same_way",
        ),
    ),
    2: (
        "Without due work it is none, and QuickBooks is not opened.",
        ("test_nothing_to_do_is_none_and_quickbooks_is_not_opened",),
    ),
    3: (
        "A second sign-in is busy or takes over; there are never two live sessions.",
        (
            "test_a_second_sign_in_waits_while_a_request_is_under_way_and_takes_over_after_two_minutes",
            "test_a_second_sign_in_takes_over_at_once_when_nothing_is_under_way",
            "test_two_sign_ins_at_once_open_one_session",
        ),
    ),
    4: (
        "The file that is open is asked for with an empty text that is there.",
        ("test_the_file_that_is_open_is_asked_for_with_an_empty_text",),
    ),
    5: (
        "Every method answers RPC style as well as document style.",
        (
            "test_every_call_is_understood_in_every_form_that_connectors_send",
            "test_a_visit_in_rpc_style_works_like_one_in_document_style",
            "test_recorded_calls_are_understood",
        ),
    ),
    6: (
        "Missing, nil and empty parameters are alike, numbers too.",
        (
            "test_a_parameter_without_a_value_may_be_written_in_any_way",
            "test_parameters_without_a_value_may_travel_in_any_way",
        ),
    ),
    7: ("A look at the address needs no credentials.", ("test_the_address_answers_anybody_who_only_looks",)),
    8: (
        "An answer begins with the declaration and has status 200, whatever breaks inside.",
        (
            "test_whatever_breaks_inside_is_an_ordinary_answer_and_the_next_visits_finish",
            "test_what_fails_inside_shows_as_an_ordinary_answer",
        ),
    ),
    9: (
        "Document types, entities and too much are refused, and nothing of them is logged.",
        (
            "test_what_is_no_call_is_refused_at_once_and_nothing_of_it_is_repeated",
            "test_nothing_is_fetched_for_a_call",
            "test_a_call_that_is_too_large_is_refused_and_the_next_is_answered",
            "test_an_answer_of_quickbooks_with_a_document_type_is_no_answer",
        ),
    ),
    10: (
        "Password and ticket are in no log; guesses are limited.",
        (
            "test_neither_password_nor_ticket_is_logged_or_stored",
            "test_neither_password_nor_ticket_is_logged_when_something_breaks",
            "test_a_wrong_password_is_told_so_and_who_fails_too_often_is_not_heard_for_a_minute",
            "test_guesses_that_come_at_once_are_all_counted",
        ),
    ),
    11: (
        "The request is escaped exactly once.",
        (
            "test_a_name_with_signs_of_xml_in_it_survives_the_round_trip",
            "test_everything_is_plain_ascii_and_escaped_once",
        ),
    ),
    12: (
        "The host's answers come in the first call only, and may be missing.",
        (
            "test_a_session_without_the_hosts_answers_works_all_the_same",
            "test_hosts_answers_with_a_document_type_count_as_none",
            "test_whatever_happens_each_document_is_there_once",
        ),
    ),
    13: (
        "Nothing is written to a company file with another file id, and the error names it.",
        (
            "test_a_company_file_with_another_mark_is_refused_by_name",
            "test_another_company_than_the_confirmed_one_is_refused_by_name",
            "test_nothing_at_all_is_asked_of_another_company_file",
            "test_a_file_of_the_same_name_without_our_mark_is_another_one",
        ),
    ),
    14: (
        "The first company file waits for a person's word before anything is written.",
        (
            "test_nothing_is_written_before_a_person_confirmed_the_company_file",
            "test_what_waits_is_written_only_after_a_person_confirmed_the_company_file",
            "test_the_company_file_is_confirmed_by_a_person_and_then_written_to",
        ),
    ),
    15: (
        "No higher version is asked for than QuickBooks supports.",
        ("test_no_version_is_asked_for_that_this_quickbooks_does_not_know",),
    ),
    16: (
        "With an HRESULT nothing is read, and what was written is unsure, not failed.",
        (
            "test_trouble_of_quickbooks_is_told_in_words_and_the_answer_is_never_read",
            "test_trouble_of_quickbooks_during_a_write_leaves_it_open_and_not_failed",
        ),
    ),
    17: (
        "The percentage is whole, below 100 while work remains, and 100 once.",
        ("test_a_whole_visit_reads_the_company_and_ends_with_a_hundred",),
    ),
    18: (
        "After an empty request the last error is NoOp only while work is going on elsewhere.",
        (
            "test_a_pause_is_told_while_another_call_of_the_session_is_answered_and_not_for_ever",
            "test_a_request_that_is_asked_for_twice_at_once_is_made_once",
            "test_nothing_to_do_is_none_and_quickbooks_is_not_opened",
            "test_opening_that_fails_for_ever_is_given_up_and_the_reason_is_shown_to_the_end",
        ),
    ),
    19: (
        "Pauses come to an end.",
        ("test_a_pause_is_told_while_another_call_of_the_session_is_answered_and_not_for_ever",),
    ),
    20: (
        "QuickBooks that can't be opened is tried twice more; a dialog is told in words.",
        (
            "test_quickbooks_that_can_not_be_opened_is_tried_twice_more_and_then_given_up",
            "test_what_only_a_person_can_mend_is_given_up_at_once",
            "test_the_path_of_the_company_file_is_what_is_tried_again",
            "test_opening_that_fails_for_ever_is_given_up_and_the_reason_is_shown_to_the_end",
            "test_trouble_of_quickbooks_is_told_in_words_and_the_answer_is_never_read",
        ),
    ),
    21: (
        "An unknown or expired ticket ends everything without a fault.",
        (
            "test_an_unknown_ticket_ends_everything_without_a_fault",
            "test_a_session_that_another_sign_in_ended_meanwhile_asks_for_nothing",
        ),
    ),
    22: (
        "A request that is asked for again is the same to the byte.",
        (
            "test_the_same_request_comes_again_until_it_is_answered",
            "test_a_request_that_writes_comes_again_to_the_byte",
        ),
    ),
    23: (
        "An answer that comes again has one effect and is told the same.",
        (
            "test_an_answer_that_comes_twice_has_one_effect",
            "test_an_answer_that_comes_twice_at_once_is_heard_once_and_told_the_same",
        ),
    ),
    24: (
        "After a lost answer the next session begins with its message set; there is one invoice.",
        (
            "test_a_lost_answer_is_given_again_by_quickbooks_and_nothing_is_there_twice",
            "test_a_request_that_never_arrived_is_looked_for_and_carried_out_by_the_next_session",
            "test_whatever_happens_each_document_is_there_once",
        ),
    ),
    25: (
        "The statuses 9001, 9002 and 600 of a set never lead to a blind repeat.",
        (
            "test_a_set_that_quickbooks_does_not_know_is_looked_up_before_anything_is_sent_again",
            "test_a_lost_answer_and_a_lost_memory_together_still_double_nothing",
        ),
    ),
    26: (
        "Set ids are short, used once and cleared after what they brought is saved; ErrorRecovery is understood.",
        (
            "test_quickbooks_may_forget_an_answer_only_after_it_is_saved",
            "test_batches_are_named_so_that_each_is_carried_out_once",
            "test_a_set_id_longer_than_quickbooks_takes_is_never_sent",
            "test_what_quickbooks_only_remembers_is_understood",
            "test_what_quickbooks_recovers_in_short_is_linked_all_the_same",
        ),
    ),
    27: (
        "A process that dies at any moment loses nothing and doubles nothing.",
        (
            "test_a_process_that_died_after_hearing_loses_nothing_and_doubles_nothing",
            "test_whatever_breaks_inside_is_an_ordinary_answer_and_the_next_visits_finish",
        ),
    ),
    28: (
        "Every request is valid against the schema of qbXML 13.0.",
        (
            "test_every_create_is_valid",
            "test_every_change_and_removal_is_valid",
            "test_every_question_is_valid",
            "test_every_look_is_valid",
            "test_whatever_people_type_is_valid_for_quickbooks_own_schema",
            "test_a_part_and_a_service_have_their_class_and_parent_the_other_way_round",
        ),
    ),
    29: (
        "Amounts have two decimals, prices up to five, all exact; price times quantity is the amount.",
        (
            "test_amounts_have_two_decimals_and_prices_as_many_as_they_need",
            "test_an_amount_that_is_not_exact_is_never_built",
            "test_quantity_and_rate_always_come_to_the_amount",
        ),
    ),
    30: (
        "A long number is shortened by a rule that is told and keeps numbers apart.",
        (
            "test_a_long_number_is_shortened_by_a_rule_that_is_told_and_that_keeps_numbers_apart",
            "test_a_same_number_without_our_mark_is_somebody_elses",
        ),
    ),
    31: (
        "Names keep their lengths, lose colons, and are settled where another list has them.",
        (
            "test_names_keep_their_lengths_and_lose_their_colons_and_stay_apart",
            "test_a_contact_on_both_sides_is_held_and_one_side_is_never_taken_for_the_other",
            "test_a_name_of_another_list_is_held_with_advice",
            "test_a_supplier_is_never_taken_for_the_customer_of_the_same_name",
        ),
    ),
    32: (
        "Texts arrive readable in what QuickBooks keeps.",
        (
            "test_texts_are_written_in_what_quickbooks_keeps",
            "test_emoji_never_reach_quickbooks_as_they_are",
            "test_whatever_people_type_makes_requests_that_quickbooks_can_read",
            "test_a_slip_of_somebodys_keyboard_in_quickbooks_keeps_nothing_from_being_read",
        ),
    ),
    33: (
        "One bad record never sinks the others; answers are matched by the request's id.",
        (
            "test_one_bad_record_never_stops_the_others",
            "test_answers_find_their_requests_in_whatever_order_they_come",
            "test_a_request_that_makes_its_set_unreadable_takes_no_other_with_it",
            "test_what_passes_by_itself_is_left_open_with_quickbooks_own_words",
        ),
    ),
    34: (
        "1 and 500 mean not found, 530 is a success with a warning, 3210 an error whatever its severity.",
        (
            "test_nothing_found_is_no_error",
            "test_a_warning_with_data_is_no_error",
            "test_an_error_is_one_whatever_its_severity_says",
        ),
    ),
    35: (
        "What is out of date is sent once more, then a person decides; what is locked is sent again later.",
        (
            "test_a_change_that_is_out_of_date_is_read_again_and_sent_once_more",
            "test_a_change_that_stays_out_of_date_is_not_sent_for_ever",
            "test_a_record_in_use_is_sent_again_with_the_next_visit",
            "test_a_save_that_failed_for_a_lock_is_left_open",
            "test_what_passes_by_itself_is_left_open_with_quickbooks_own_words",
        ),
    ),
    36: (
        "A closing date stops the document with advice and is never moved.",
        (
            "test_a_closed_period_stops_the_document_with_advice",
            "test_a_closed_period_is_neither_tried_again_nor_moved",
        ),
    ),
    37: (
        "A list is read to its end within a session, quickly; an iterator that was lost doubles nothing.",
        (
            "test_a_list_is_read_page_by_page_to_its_end",
            "test_an_iterator_that_quickbooks_forgot_is_begun_anew_but_not_for_ever",
            "test_a_long_list_is_read_within_one_session_and_each_page_is_heard_at_once",
            "test_a_list_whose_reading_broke_off_again_and_again_is_read_in_the_end",
        ),
    ),
    38: ("Lists that know no iterator never get one.", ("test_lists_that_come_whole_are_never_read_page_by_page",)),
    39: (
        "Changes are asked for with overlap, in local time, and a mark moves only with what was saved.",
        (
            "test_changes_are_asked_for_in_local_time_with_hours_of_overlap",
            "test_a_time_with_a_wrong_offset_is_taken_as_the_computers_own",
            "test_what_was_deleted_comes_with_the_first_page",
            "test_a_deleted_transaction_is_missing",
            "test_changes_that_could_not_be_saved_are_asked_for_again",
            "test_a_change_made_under_a_clock_that_was_put_back_is_seen_with_the_next_visit",
            "test_whatever_changed_in_watched_hours_is_read_with_the_overlap",
        ),
    ),
    40: (
        "The .qwc file is the same at every download, and what is a draft is pending or refused with the reason.",
        (
            "test_the_file_is_the_same_whenever_it_is_downloaded",
            "test_addresses_that_the_web_connector_refuses_are_told",
            "test_a_company_file_that_refuses_the_file_id_takes_new_ids",
            "test_a_draft_invoice_is_pending_and_a_draft_bill_is_refused_with_the_reason",
        ),
    ),
}


def test_each_trap_has_its_tests() -> None:
    there = {
        node.name
        for path in Path(__file__).parent.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert sorted(TRAPS) == list(range(1, 41))
    assert all(tests for _, tests in TRAPS.values())
    assert {name for _, tests in TRAPS.values() for name in tests} - there == set()


# -- 13, 14: which company file ------------------------------------------------------------------------------------


def test_nothing_at_all_is_asked_of_another_company_file(shop: Any) -> None:
    put(shop, customer(), invoice())
    shop.company.file_id = "{00000000-0000-0000-0000-000000000001}"
    before = len(shop.company.requests)
    visits(shop)
    assert len(shop.company.requests) == before
    assert [row.state for row in operations(shop)] == ["pending", "pending"]


def test_a_file_of_the_same_name_without_our_mark_is_another_one(shop: Any) -> None:
    """Such as a copy that was made before the Web Connector left its mark in the file."""
    put(shop, customer())
    shop.company.file_id = ""
    visits(shop)
    assert added(shop, "Customer") == []
    assert Connectors(shop.hub).made(shop.ledger_id).last_error.startswith("The company file that is open is Acme")


def test_what_waits_is_written_only_after_a_person_confirmed_the_company_file(shop: Any) -> None:
    put(shop, customer(), invoice())
    with shop.hub.store.write() as db:
        db.execute(sa.update(CONNECTORS).values(confirmed=""))
    before = len(shop.company.requests)
    visits(shop, 2)
    asked = shop.company.requests[before:]
    assert asked, "it is read"
    assert not any("MessageSetID" in text or "AddRq" in text for text in asked)
    connectors = Connectors(shop.hub)
    connectors.confirm(shop.ledger_id, connectors.made(shop.ledger_id).seen, "bookkeeper")
    visits(shop)
    assert added(shop, "Invoice") == ["N-i1"]


# -- 22, 33: requests and their answers ----------------------------------------------------------------------------


def test_a_request_that_writes_comes_again_to_the_byte(shop: Any) -> None:
    put(shop, customer())
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    text = shop.connector.until("<CustomerAddRq")
    first = shop.connector.raw[-1]
    shop.clock.on(seconds=30)
    assert shop.connector.ask() == text
    assert shop.connector.raw[-1] == first
    assert messages.set_id(text.encode())


def test_answers_find_their_requests_in_whatever_order_they_come(shop: Any) -> None:
    names = {f"c{number}": f"Customer {number}" for number in range(6)}
    put(shop, *(customer(id, name) for id, name in names.items()))
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    text = shop.connector.until("<CustomerAddRq")
    ids = [str(each.get("requestID")) for each in etree.fromstring(text.encode()).iter("CustomerAddRq")]
    assert len(set(ids)) == len(ids) == 6
    assert all(len(id) <= 50 for id in ids)
    root = etree.fromstring(shop.company.process(text).encode())
    replies = root[0]
    replies[:] = [*reversed(replies)]
    shop.connector.tell(etree.tostring(root, encoding="unicode"))
    by_id = {
        f"customer:{record.split('ListID>')[1][:-2]}": str(body.findtext("Name"))
        for _, body, record in shop.company.added
    }
    assert {source: by_id[target] for source, target in links(shop).items()} == names


def test_a_request_that_makes_its_set_unreadable_takes_no_other_with_it(shop: Any) -> None:
    """QuickBooks refuses the whole set and does not say for which request: at last each goes alone."""
    names = {f"c{number}": f"Customer {number}" for number in range(5)}
    put(shop, customer("c-bad", "Bad"), *(customer(id, name) for id, name in names.items()))
    process = shop.company.process
    unreadable = "QuickBooks found an error when parsing the provided XML text stream."
    for _ in range(6):
        shop.clock.on(minutes=40)
        told = 0 if shop.connector.sign_in() == "" else 100
        while 0 <= told < 100 and (text := shop.connector.ask()):
            is_bad = "<Name>Bad<" in text
            told = shop.connector.tell("", "0x80040400", unreadable) if is_bad else shop.connector.tell(process(text))
        shop.connector.leave()
    assert added(shop, "Customer") == list(names.values())
    assert links(shop).keys() == names.keys()
    [failed] = [row for row in operations(shop) if row.state == "failed"]
    assert failed.source_id == "c-bad"
    assert failed.problem["what"] == "QuickBooks could not read the request for this record."
    assert unreadable in failed.problem["why"]


# -- 35: what is out of date ---------------------------------------------------------------------------------------


def test_a_change_that_stays_out_of_date_is_not_sent_for_ever(shop: Any) -> None:
    put(shop, customer(), invoice())
    visits(shop)
    shop.company.refusals["InvoiceMod"] = (3200, "The provided edit sequence is out-of-date.")
    put(shop, invoice(net="20.00"))
    for _ in range(6):
        shop.clock.on(minutes=40)
        shop.connector.visit()
    sent = sum("<InvoiceModRq" in text for text in shop.company.requests)
    [change] = operations(shop, action="update")
    assert 2 <= sent <= 3
    assert change.state == "failed"
    assert change.problem["code"] == "record_out_of_date"
    assert "The provided edit sequence is out-of-date." in change.problem["why"]
    assert "connection" not in change.problem["fix"]


# -- 36, 39: what is not moved -------------------------------------------------------------------------------------


def test_a_closed_period_is_neither_tried_again_nor_moved(shop: Any) -> None:
    put(shop, customer(), invoice())
    shop.company.refusals["InvoiceAdd"] = (3171, "An attempt was made to add a transaction before the closing date.")
    for _ in range(4):
        shop.clock.on(minutes=40)
        shop.connector.visit()
    assert sum("<InvoiceAddRq" in text for text in shop.company.requests) == 1
    assert operations(shop, kind="invoice")[0].state == "failed"
    assert not any("Preferences" in name and name != "PreferencesQuery" for name in layout.LAYOUTS)


def marks(office: Any) -> dict[str, str | None]:
    rows = table(Cursor)
    with office.hub.store.read() as db:
        mine = sa.select(rows.c.feed, rows.c.watermark).where(rows.c.connection_id == office.ledger_id)
        return {row.feed: row.watermark for row in db.execute(mine)}


def test_changes_that_could_not_be_saved_are_asked_for_again(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    record = (
        "<CustomerRet><ListID>77-1</ListID><TimeModified>2026-03-01T12:00:00+00:00</TimeModified><EditSequence>1"
        "</EditSequence><Name>New</Name><FullName>New</FullName><IsActive>true</IsActive></CustomerRet>"
    )
    shop.company.lists["CustomerQuery"] = record
    before = marks(shop)["customers"]
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    asked = shop.connector.until("<CustomerQueryRq")
    with monkeypatch.context() as patch:
        patch.setattr(Visits, "answer", _die)
        assert shop.connector.tell(shop.company.process(asked)) == -1
    assert marks(shop)["customers"] == before
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    assert shop.connector.until("<CustomerQueryRq") == asked
    shop.connector.tell(shop.company.process(asked))
    assert marks(shop)["customers"] == "2026-03-01T12:00:00"


def _die(*_: Any, **__: Any) -> None:
    raise MemoryError("the process died")


# -- 10: what a log may say ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["question", "answer", "open", "fail"])
def test_neither_password_nor_ticket_is_logged_when_something_breaks(
    office: Any, stage: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    office.connector.sign_in()
    ticket = office.connector.ticket
    monkeypatch.setattr(Visits, stage, _die)
    office.connector.ask()
    office.connector.tell("<QBXML>a secret answer</QBXML>")
    office.connector.leave()
    office.connector.sign_in()
    assert "the process died" in caplog.text
    for secret in (office.connector.password, ticket, office.connector.ticket or ticket, "a secret answer"):
        assert secret not in caplog.text
