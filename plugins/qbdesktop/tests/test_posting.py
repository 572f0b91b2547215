"""What is posted arrives exactly once, whatever happens to the answers on their way."""

from __future__ import annotations

from typing import Any

import pytest
from desktop_shop import added, customer, invoice, links, operations, put, visits
from hub_qbdesktop import messages
from hub_qbdesktop.connectors import Connectors

from hub import Visits


def test_a_customer_and_an_invoice_are_posted_and_linked(shop: Any) -> None:
    put(shop, customer(), invoice())
    visits(shop)
    assert added(shop, "Customer") == ["Acme"]
    assert added(shop, "Invoice") == ["N-i1"]
    assert links(shop)["c1"].startswith("customer:")
    assert [row.state for row in operations(shop)] == ["done", "done"]


def test_nothing_is_written_before_a_person_confirmed_the_company_file(office: Any) -> None:
    office.connector.visit()
    assert not any("newMessageSetID" in text for text in office.company.requests)


def test_a_lost_answer_is_given_again_by_quickbooks_and_nothing_is_there_twice(shop: Any) -> None:
    put(shop, customer(), invoice())
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    lost = shop.connector.until("<InvoiceAddRq")
    shop.company.process(lost)
    shop.clock.on(seconds=130)
    assert shop.connector.sign_in() == ""
    again = shop.connector.ask()
    assert messages.set_id(again.encode()) == messages.set_id(lost.encode())
    assert "InvoiceAddRq" not in again, "nothing can be carried out twice"
    carried_out = shop.company.carried_out
    shop.connector.tell(shop.company.process(again))
    assert shop.company.carried_out == carried_out
    assert added(shop, "Invoice") == ["N-i1"]
    assert links(shop)["i1"]


def test_a_request_that_never_arrived_is_looked_for_and_carried_out_by_the_next_session(shop: Any) -> None:
    put(shop, customer(), invoice())
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    shop.connector.until("<InvoiceAddRq")
    shop.clock.on(seconds=130)
    visits(shop)
    assert added(shop, "Invoice") == ["N-i1"]


@pytest.mark.parametrize(
    ("status", "arrived"),
    [("9001", True), ("9002", False), ("9002", True), ("600", True), ("9005", False)],
    ids=lambda value: str(value),
)
def test_a_set_that_quickbooks_does_not_know_is_looked_up_before_anything_is_sent_again(
    shop: Any, status: str, arrived: bool
) -> None:
    put(shop, customer(), invoice())
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    lost = shop.connector.until("<InvoiceAddRq")
    if arrived:
        shop.company.process(lost)
    shop.clock.on(seconds=130)
    shop.connector.sign_in()
    shop.company.set_status = status
    shop.connector.tell(shop.company.process(shop.connector.ask()))
    shop.company.set_status = ""
    shop.connector.leave()
    visits(shop)
    assert added(shop, "Invoice") == ["N-i1"]
    assert links(shop)["i1"]


def test_trouble_of_quickbooks_during_a_write_leaves_it_open_and_not_failed(shop: Any) -> None:
    put(shop, customer(), invoice())
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    shop.connector.until("<InvoiceAddRq")
    assert shop.connector.tell("", "0x80040402", "unexpected") == -1
    assert operations(shop, kind="invoice")[0].state == "unsure"
    visits(shop)
    assert added(shop, "Invoice") == ["N-i1"]


def test_a_process_that_died_after_hearing_loses_nothing_and_doubles_nothing(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shop, customer(), invoice())
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    text = shop.connector.until("<InvoiceAddRq")
    answer = shop.company.process(text)
    with monkeypatch.context() as patch:
        patch.setattr(Visits, "answer", _die)
        assert shop.connector.tell(answer) == -1
    visits(shop)
    assert added(shop, "Invoice") == ["N-i1"]
    assert links(shop)["i1"]


def test_a_process_that_hung_while_it_heard_forgets_no_set_that_left_meanwhile(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the answer to the other one, were it lost too, would not be asked for: it would be sent again."""
    put(shop, customer())
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    answer = shop.company.process(shop.connector.until("<CustomerAddRq"))
    connectors, plain = Connectors(shop.hub), Visits.answer

    def hang(visits: Visits, run_id: int, answer: bytes) -> None:
        plain(visits, run_id, answer)
        connectors.change(shop.ledger_id, pending_set="of-another", spent_set="before-it")

    monkeypatch.setattr(Visits, "answer", hang)
    shop.connector.tell(answer)
    row = connectors.made(shop.ledger_id)
    assert (row.pending_set, row.spent_set) == ("of-another", "before-it")


def test_a_run_that_could_not_be_ended_is_told_in_the_log(
    shop: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    with monkeypatch.context() as patch:
        patch.setattr(Visits, "fail", _die)
        assert "ended before everything was read" in shop.connector.leave()
    assert [each.levelname for each in caplog.records if "could not be ended" in each.message] == ["ERROR"]


def test_a_file_of_which_nobody_tells_anything_is_neither_read_nor_written(shop: Any) -> None:
    put(shop, customer())
    shop.company.host_answers, shop.connector.path = lambda: "", ""
    before = len(shop.company.requests)
    visits(shop)
    assert len(shop.company.requests) == before
    assert "open is one without a name, but the hub expects Acme Trading Ltd" in shop.connector.error()


def _die(*_: Any) -> None:
    raise MemoryError("the process died")


def test_one_bad_record_never_stops_the_others(shop: Any) -> None:
    put(shop, customer("c1", "Acme"), customer("c2", "Beta"), customer("c3", "Gamma"))
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    text = shop.connector.until("<CustomerAddRq")
    answer = shop.company.process(text)
    broken = answer.replace('statusCode="0"', 'statusCode="3180"', 1).replace("Status OK", "There was an error.", 1)
    first = broken.index("<CustomerRet>")
    broken = broken[:first] + broken[broken.index("</CustomerRet>") + len("</CustomerRet>") :]
    shop.connector.tell(broken)
    assert [row.state for row in operations(shop)] == ["failed", "done", "done"]
    assert "There was an error." in operations(shop)[0].problem["why"]


def test_a_record_in_use_is_sent_again_with_the_next_visit(shop: Any) -> None:
    put(shop, customer())
    shop.company.refusals["CustomerAdd"] = (3175, "The list element is in use.")
    shop.clock.on(minutes=40)
    shop.connector.visit()
    assert operations(shop)[0].state == "unsure"
    shop.company.refusals.clear()
    visits(shop)
    assert added(shop, "Customer") == ["Acme"]
    assert operations(shop)[0].state == "done"


def test_a_closed_period_stops_the_document_with_advice(shop: Any) -> None:
    put(shop, customer(), invoice())
    shop.company.refusals["InvoiceAdd"] = (3171, "An attempt was made to modify a transaction before the closing date.")
    visits(shop)
    problem = operations(shop, kind="invoice")[0].problem
    assert problem["code"] == "closed_period"
    assert "closing date" in problem["fix"]


def test_a_name_of_another_list_is_held_with_advice(shop: Any) -> None:
    put(shop, customer())
    shop.company.refusals["CustomerAdd"] = (3100, 'The name "Acme" of the list element is already in use.')
    visits(shop)
    [row] = operations(shop)
    assert (row.state, row.problem["code"]) == ("failed", "name_taken")


def test_quickbooks_may_forget_an_answer_only_after_it_is_saved(shop: Any) -> None:
    put(shop, customer(), invoice())
    visits(shop)
    sets = [text for text in shop.company.requests if "MessageSetID" in text]
    ids = [messages.set_id(text.encode()) for text in sets if 'newMessageSetID="' in text]
    assert len(set(ids)) == len(ids) == 2
    assert all(len(each) <= 24 for each in ids)
    assert f'oldMessageSetID="{ids[0]}" newMessageSetID="{ids[1]}"' in sets[1]
    assert sets[-1].count("Rq ") == 1, "an empty set"
    assert f'oldMessageSetID="{ids[1]}"' in sets[-1]
    assert shop.company.stored == {}


def test_what_quickbooks_only_remembers_is_understood(shop: Any) -> None:
    put(shop, customer())
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    answer = shop.company.process(shop.connector.until("<CustomerAddRq"))
    before, _, rest = answer.partition("<CustomerRet>")
    recovered = "<ErrorRecovery><ListID>77-1</ListID><EditSequence>5</EditSequence></ErrorRecovery>"
    shop.connector.tell(before + recovered + rest.partition("</CustomerRet>")[2])
    assert links(shop) == {"c1": "customer:77-1"}


def test_a_total_that_differs_is_said_with_the_document(shop: Any) -> None:
    put(shop, customer(), invoice())
    shop.clock.on(minutes=40)
    shop.connector.sign_in()
    answer = shop.company.process(shop.connector.until("<InvoiceAddRq"))
    shop.connector.tell(answer.replace("<Subtotal>10.00", "<Subtotal>10.01"))
    assert "a total of 10.01" in operations(shop, kind="invoice")[0].warnings[-1]


def test_a_name_with_signs_of_xml_in_it_survives_the_round_trip(shop: Any) -> None:
    put(shop, customer(name='Smith & Sons <East> "1"'))
    visits(shop)
    assert added(shop, "Customer") == ['Smith & Sons <East> "1"']
    assert links(shop)["c1"]


def test_a_change_that_is_out_of_date_is_read_again_and_sent_once_more(shop: Any) -> None:
    put(shop, customer(), invoice())
    visits(shop)
    shop.company.refusals["InvoiceMod"] = (3200, "The provided edit sequence is out-of-date.")
    put(shop, invoice(net="20.00"))
    shop.clock.on(minutes=40)
    shop.connector.visit()
    [change] = operations(shop, action="update")
    assert change.state == "unsure"
    shop.company.refusals.clear()
    visits(shop)
    assert [row.state for row in operations(shop, action="update")] == ["done"]
    changes = [text for text in shop.company.requests if "<InvoiceModRq" in text]
    assert len(changes) == 2
    assert messages.set_id(changes[0].encode()) != messages.set_id(changes[1].encode())
