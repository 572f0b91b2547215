"""Message sets: errors in the middle, and the memory that makes sending again safe."""

from __future__ import annotations

import pytest
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import Caller, add, document, sale
from sim_qbdesktop.hresults import HResultError
from sim_qbdesktop.qbxml.tree import Element

BAD = sale("Nobody")


def codes(answer: Element) -> list[str]:
    return [each.attributes["statusCode"] for each in answer.children]


def invoices(sim: Simulator) -> int:
    return len(sim.company.transactions)


def test_stop_on_error_leaves_the_rest_undone_and_continue_does_not(sim: Simulator, qb: Caller) -> None:
    assert codes(qb.send(sale(), BAD, sale())) == ["0", "3140", "3231"]
    assert invoices(sim) == 1
    assert codes(qb.send(sale(), BAD, sale(), onError="continueOnError")) == ["0", "3140", "0"]
    assert invoices(sim) == 3


def test_a_misleading_severity_stops_a_set_all_the_same(qb: Caller) -> None:
    qb.simulator.faults.add([{"kind": "status", "params": {"code": 3210, "severity": "Info"}}])
    assert codes(qb.send(sale(), sale())) == ["3210", "3231"]


def test_warnings_and_empty_answers_stop_nothing(qb: Caller) -> None:
    nobody = "<CustomerQueryRq><FullName>Nobody</FullName></CustomerQueryRq>"
    assert codes(qb.send("<InvoiceQueryRq></InvoiceQueryRq>", nobody, sale())) == ["1", "500", "0"]


def test_the_same_set_again_is_answered_from_memory(sim: Simulator, qb: Caller) -> None:
    text = document(sale(), BAD, newMessageSetID="N1", onError="continueOnError")
    first = qb.session.process(text)
    assert Caller(sim).session.process(text) == first
    assert 'messageSetStatusCode="0"' in first
    assert invoices(sim) == 1


def test_an_empty_set_asks_for_the_status_of_the_last_one(sim: Simulator, qb: Caller) -> None:
    qb.send(sale(), newMessageSetID="N1")
    status = qb.send(newMessageSetID="N1", oldMessageSetID="N1")
    assert (status.attributes["messageSetStatusCode"], codes(status)) == ("0", ["0"])
    assert invoices(sim) == 1


def test_the_same_id_with_other_content_is_refused(sim: Simulator, qb: Caller) -> None:
    qb.send(sale(), newMessageSetID="N1")
    other = qb.send(sale("Alder &amp; Co"), newMessageSetID="N1")
    assert (other.attributes["messageSetStatusCode"], other.children) == ("9001", [])
    assert invoices(sim) == 1


def test_an_id_that_was_acknowledged_is_forgotten(sim: Simulator, qb: Caller) -> None:
    qb.send(sale(), newMessageSetID="N1")
    qb.send(sale(), oldMessageSetID="N1", newMessageSetID="N2")
    qb.send(oldMessageSetID="N2")
    assert qb.send(oldMessageSetID="N2").attributes["messageSetStatusCode"] == "600"
    assert qb.send(oldMessageSetID="N2", newMessageSetID="N2").attributes["messageSetStatusCode"] == "9002"
    assert invoices(sim) == 2


def test_only_the_last_set_is_remembered(sim: Simulator, qb: Caller) -> None:
    for number in ("N1", "N2", "N1"):
        qb.send(sale(), newMessageSetID=number)
    assert invoices(sim) == 3


def test_each_application_has_a_memory_of_its_own(sim: Simulator, qb: Caller) -> None:
    qb.send(sale(), newMessageSetID="N1")
    another = Caller(sim, "another")
    assert another.send(oldMessageSetID="N1").attributes["messageSetStatusCode"] == "600"
    another.send(sale(), newMessageSetID="N1")
    assert invoices(sim) == 2
    qb.send(sale(), newMessageSetID="N1")
    assert invoices(sim) == 2


def test_an_id_is_at_most_24_long_and_may_not_be_storable(sim: Simulator, qb: Caller) -> None:
    assert qb.send(sale(), newMessageSetID="x" * 25).attributes["messageSetStatusCode"] == "9004"
    sim.faults.add([{"kind": "memory_full"}])
    assert qb.send(sale(), newMessageSetID="x" * 24).attributes["messageSetStatusCode"] == "9005"
    assert invoices(sim) == 0
    assert qb.send(sale(), newMessageSetID="x" * 24).attributes["messageSetStatusCode"] == "0"


def test_memory_that_is_lost_makes_a_second_invoice_of_the_same_set(sim: Simulator, qb: Caller) -> None:
    qb.send(sale(), newMessageSetID="N1")
    sim.faults.add([{"kind": "memory_lost"}])
    assert qb.send(newMessageSetID="N1", oldMessageSetID="N1").attributes["messageSetStatusCode"] == "9002"
    qb.send(sale(), newMessageSetID="N1")
    assert invoices(sim) == 2


def test_what_is_recovered_can_be_short(sim: Simulator, qb: Caller) -> None:
    made = qb.send(sale(), newMessageSetID="N1").children[0].children[0]
    sim.switches.set({"recovered_answers": "short"})
    again = qb.send(sale(), newMessageSetID="N1").children[0].children[0]
    assert again.tag == "ErrorRecovery"
    names = ("TxnID", "TxnNumber", "EditSequence")
    assert [(each.tag, each.text) for each in again.children] == [(name, made.value(name)) for name in names]


@pytest.mark.parametrize(
    ("switch", "total", "statuses"), [("completed", 3, ["0"] * 3), ("not_processed", 1, ["0", "3231", "3231"])]
)
def test_quickbooks_dies_in_the_middle_of_a_set(
    sim: Simulator, qb: Caller, switch: str, total: int, statuses: list[str]
) -> None:
    sim.switches.set({"half_done_set": switch})
    sim.faults.add([{"kind": "die_in_set", "params": {"after": 1}}])
    with pytest.raises(HResultError, match="0x80040402"):
        qb.send(sale(), sale(), sale(), newMessageSetID="N1")
    assert invoices(sim) == 1
    with pytest.raises(HResultError, match="0x8004040D"):
        qb.send(newMessageSetID="N1", oldMessageSetID="N1")
    assert codes(Caller(sim).send(sale(), sale(), sale(), newMessageSetID="N1")) == statuses
    assert invoices(sim) == total


def test_answers_can_be_left_out(qb: Caller) -> None:
    brief = qb.send(sale(), responseData="includeNone").children[0]
    assert (brief.attributes["statusCode"], brief.children) == ("0", [])


def test_the_memory_survives_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = str(tmp_path_factory.mktemp("state") / "books.sqlite")
    sim = Simulator(state=path)
    first = Caller(sim).session.process(document(sale(), newMessageSetID="N1"))
    sim.close()
    again = Simulator(state=path)
    assert Caller(again).session.process(document(sale(), newMessageSetID="N1")) == first
    assert invoices(again) == 1
    again.close()


# ---------------------------------------------------------------------- planted statuses


def test_a_planted_status_strikes_the_request_that_matches_once(sim: Simulator, qb: Caller) -> None:
    rule = {"kind": "status", "match": "InvoiceAddRq.*Brook", "params": {"code": 3180, "message": "Locked."}}
    sim.faults.add([rule])
    answer = qb.send(sale("Alder &amp; Co"), sale("Brook Stores"), sale("Brook Stores"), onError="continueOnError")
    assert codes(answer) == ["0", "3180", "0"]
    assert answer.children[1].attributes["statusMessage"] == "Locked."
    assert invoices(sim) == 2


def test_a_planted_status_can_hide_that_it_was_saved(sim: Simulator, qb: Caller) -> None:
    sim.faults.add([{"kind": "status", "params": {"code": 1000, "saved": True}}])
    assert codes(qb.send(add("Customer", "<Name>Cove</Name>"))) == ["1000"]
    assert sim.company.named(("Customer",), "Cove")
