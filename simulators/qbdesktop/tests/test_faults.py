"""What goes wrong on the way: calls lost, calls doubled, a connector that dies, QuickBooks that throws."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import Caller, document, sale
from sim_qbdesktop.connector.visit import Visit
from sim_qbdesktop.faults import KINDS, Faults
from visited_service import WebService

Run = Callable[[], Visit]
WRITE = document(sale(), newMessageSetID="N1")


def invoices(sim: Simulator) -> int:
    return len(sim.company.transactions)


@pytest.mark.parametrize(
    ("point", "last_call", "saved"),
    [
        ("before authenticate", "clientVersion", 0),
        ("after authenticate", "authenticate", 0),
        ("after open", "authenticate", 0),
        ("after sendRequestXML", "sendRequestXML", 0),
        ("before process", "sendRequestXML", 0),
        ("after process", "sendRequestXML", 1),
        ("before receiveResponseXML", "sendRequestXML", 1),
        ("after receiveResponseXML", "receiveResponseXML", 1),
        ("before closeConnection", "receiveResponseXML", 1),
    ],
)
def test_the_connector_dies_at_any_point_and_what_was_sent_again_is_there_once(
    sim: Simulator, service: WebService, visit: Run, point: str, last_call: str, saved: int
) -> None:
    service.requests = [WRITE]
    sim.faults.add([{"kind": "crash", "at": point}])
    result = visit()
    assert (result.outcome, result.message, service.methods[-1]) == ("crashed", point, last_call)
    assert invoices(sim) == saved
    service.requests = [WRITE]
    assert visit().outcome == "done"
    assert invoices(sim) == 1


def test_an_answer_that_is_lost_ends_the_session_after_quickbooks_saved(
    sim: Simulator, service: WebService, visit: Run
) -> None:
    service.requests = [WRITE]
    sim.faults.add([{"kind": "lost_answer", "method": "receiveResponseXML"}])
    result = visit()
    assert (result.outcome, result.code, service.methods[-1]) == ("error", "QBWC1042", "receiveResponseXML")
    assert invoices(sim) == 1


def test_a_request_that_is_lost_never_reached_the_service(sim: Simulator, service: WebService, visit: Run) -> None:
    service.requests = [WRITE]
    sim.faults.add([{"kind": "lost_request", "method": "receiveResponseXML"}])
    result = visit()
    assert (result.code, service.methods[-1]) == ("QBWC1042", "sendRequestXML")
    assert result.methods[-1] == "receiveResponseXML"


def test_a_broken_session_can_still_be_closed_where_the_switch_says_so(
    sim: Simulator, service: WebService, visit: Run
) -> None:
    sim.switches.set({"close_after_failure": "yes"})
    sim.faults.add([{"kind": "lost_answer", "method": "sendRequestXML"}])
    assert (visit().code, service.methods[-1]) == ("QBWC1041", "closeConnection")


@pytest.mark.parametrize("method", ["sendRequestXML", "receiveResponseXML", "authenticate"])
def test_a_call_arrives_twice(sim: Simulator, service: WebService, visit: Run, method: str) -> None:
    service.requests = [WRITE, WRITE]
    sim.faults.add([{"kind": "repeat", "method": method}])
    visit()
    at = service.methods.index(method)
    assert service.methods[at : at + 2] == [method, method]
    assert service.received[at].raw == service.received[at + 1].raw


def test_the_first_request_may_come_without_the_about(sim: Simulator, service: WebService, visit: Run) -> None:
    service.requests = [WRITE]
    sim.faults.add([{"kind": "no_hcp"}])
    assert visit().outcome == "done"
    assert service.calls("sendRequestXML")[0]["strHCPResponse"] == ""


def test_a_ticket_that_nobody_gave_out(sim: Simulator, service: WebService, visit: Run) -> None:
    sim.faults.add([{"kind": "stale_ticket", "method": "sendRequestXML"}])
    visit()
    assert service.calls("sendRequestXML")[0]["ticket"] == "{00000000-0000-0000-0000-000000000000}"


def test_a_call_can_be_slow(sim: Simulator, service: WebService, visit: Run) -> None:
    sim.faults.add([{"kind": "slow", "method": "sendRequestXML", "params": {"seconds": 0.05}}])
    result = visit()
    assert result.methods.count("sendRequestXML") == 1


@pytest.mark.parametrize(
    ("at", "methods"),
    [("open", ["connectionError", "closeConnection"]), ("process", ["sendRequestXML", "receiveResponseXML"])],
)
def test_quickbooks_throws_what_is_planted(
    sim: Simulator, service: WebService, visit: Run, at: str, methods: list[str]
) -> None:
    visit()
    service.received.clear()
    service.requests = [WRITE]
    sim.faults.add([{"kind": "hresult", "at": at, "params": {"code": "0x8004041B", "message": "Locked."}}])
    visit()
    assert service.methods[3:5] == methods
    told = service.calls("connectionError" if at == "open" else "receiveResponseXML")[0]
    assert (told["hresult"], told["message"], invoices(sim)) == ("0x8004041B", "Locked.", 0)


def test_quickbooks_dies_during_a_session(sim: Simulator, service: WebService, visit: Run) -> None:
    both = document(sale(), sale(), newMessageSetID="N1")
    service.requests = [both, both]
    sim.faults.add([{"kind": "die_in_set", "params": {"after": 1}}])
    result = visit()
    assert [exchange.hresult for exchange in result.exchanges] == ["0x80040402", "0x8004040D"]
    service.requests = [both]
    visit()
    assert invoices(sim) == 2


def test_iterators_can_be_made_to_expire(sim: Simulator, qb: Caller) -> None:
    page = '<ItemQueryRq iterator="{}"{}><MaxReturned>1</MaxReturned></ItemQueryRq>'
    iterator_id = qb.ask(page.format("Start", "")).attributes["iteratorID"]
    sim.faults.add([{"kind": "expire_iterators"}])
    assert qb.status(page.format("Continue", f' iteratorID="{iterator_id}"')) == 3000


def test_a_fault_can_wait_repeat_and_depend_on_chance() -> None:
    faults = Faults()
    faults.add([{"kind": "slow", "skip": 1, "times": 2}])
    assert [bool(faults.take("slow")) for _ in range(4)] == [False, True, True, False]
    faults.clear()
    faults.add([{"kind": "slow", "probability": 0.5, "seed": 7}])
    first = [bool(faults.take("slow")) for _ in range(20)]
    faults.clear()
    faults.add([{"kind": "slow", "probability": 0.5, "seed": 7}])
    assert [bool(faults.take("slow")) for _ in range(20)] == first
    assert set(first) == {True, False}


@pytest.mark.parametrize(
    "row", [{"kind": "earthquake"}, {"kind": "slow", "where": "x"}, {"kind": "slow", "match": "("}]
)
def test_a_fault_that_is_none_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"unknown kind or fields|not a regular expression"):
        Faults().add([row])
    assert "earthquake" not in KINDS


def test_the_lock_of_another_machine_is_respected(sim: Simulator, service: WebService, visit: Run) -> None:
    visit()
    key = next(
        key for key in ("Company/{11111111-2222-3333-4444-555555555555}/AppLock",) if key in sim.company.extensions
    )
    lock = sim.company.extensions[key]
    assert lock.value == "UNLOCKED"
    lock.value = "LOCKED:ANOTHER:638000000000000000"
    assert (visit().code, service.methods[-1]) == ("QBWC1013", "authenticate")
