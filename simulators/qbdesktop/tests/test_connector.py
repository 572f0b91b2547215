"""The order of the Web Connector's calls, and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from lxml import etree
from sim_qbdesktop import Simulator, person
from sim_qbdesktop.caller import document, sale
from sim_qbdesktop.connector.visit import Visit
from visited_service import PASSWORD, WebService

Run = Callable[[], Visit]
GREETING = ["serverVersion", "clientVersion", "authenticate"]
EXCHANGE = ["sendRequestXML", "receiveResponseXML"]


def test_a_session_carries_requests_until_the_service_says_a_hundred(
    service: WebService, sim: Simulator, visit: Run
) -> None:
    service.requests = [document(sale()), document("<InvoiceQueryRq></InvoiceQueryRq>")]
    result = visit()
    assert service.methods == [*GREETING, *EXCHANGE, *EXCHANGE, "closeConnection"]
    assert (result.outcome, result.percentages, result.shown) == ("done", [50, 100], ["1.0", "OK"])
    assert result.methods == service.methods
    assert len(sim.company.transactions) == 1
    login = service.calls("authenticate")[0]
    assert login == {"strUserName": "hub", "strPassword": "correct horse"}
    assert result.calls[2].parameters["strPassword"] == "<MaskedForSecurity>"


def test_only_the_first_request_brings_host_company_and_preferences(service: WebService, visit: Run) -> None:
    service.requests = [document(sale()), document(sale())]
    visit()
    first, second = service.calls("sendRequestXML")
    about = etree.fromstring((first["strHCPResponse"] or "").encode())
    answers = about[0]
    assert [(each.tag, each.get("requestID"), each.get("statusCode")) for each in answers] == [
        ("HostQueryRs", "0", "0"),
        ("CompanyQueryRs", "1", "0"),
        ("PreferencesQueryRs", "2", "0"),
    ]
    assert about.findtext(".//SupportedQBXMLVersion[last()]") == "13.0"
    own = {each.findtext("DataExtName"): each.findtext("DataExtValue") or "" for each in about.iter("DataExtRet")}
    assert own["FileID"] == "{66666666-7777-8888-9999-000000000000}"
    assert own["AppLock"].startswith("LOCKED:")
    assert second["strHCPResponse"] == ""
    assert (first["strCompanyFileName"], first["qbXMLCountry"]) == ("C:\\QuickBooks\\Demo Trading.qbw", "US")
    assert (first["qbXMLMajorVers"], first["qbXMLMinorVers"]) == ("13", "0")


def test_an_answer_of_quickbooks_arrives_whole(service: WebService, visit: Run) -> None:
    service.requests = [document('<CustomerAddRq requestID="1"><CustomerAdd><Name>A &amp; é &lt;b&gt;</Name>'
                                 "</CustomerAdd></CustomerAddRq>")]  # fmt: skip
    visit()
    received = service.calls("receiveResponseXML")[0]
    assert etree.fromstring((received["response"] or "").encode()).findtext(".//Name") == "A & é <b>"
    assert (received["hresult"], received["message"]) == ("", "")


def test_an_error_of_quickbooks_arrives_in_place_of_an_answer(service: WebService, visit: Run) -> None:
    service.requests = [document("<Nonsense></Nonsense>")]
    service.replies = {"receiveResponseXML": lambda **values: -1, "getLastError": lambda **values: "It was not read."}
    result = visit()
    received = service.calls("receiveResponseXML")[0]
    assert (received["response"], received["hresult"]) == ("", "0x80040400")
    assert received["message"] == "QuickBooks found an error when parsing the provided XML text stream."
    assert service.methods[-3:] == ["receiveResponseXML", "getLastError", "closeConnection"]
    assert (result.outcome, result.shown[1]) == ("stopped", "It was not read.")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("none", "no_data"), ("NONE", "no_data"), ("nvu", "invalid_user"), ("busy", "busy")],
)
def test_words_of_authenticate_end_the_session_without_opening_the_file(
    sim: Simulator, service: WebService, visit: Run, answer: str, outcome: str
) -> None:
    visit()
    service.received.clear()
    person.act(sim.quickbooks, "show_dialog", {"title": "In the way"})
    service.replies = {"authenticate": lambda **values: ["T", answer]}
    assert visit().outcome == outcome
    assert service.methods == [*GREETING, "closeConnection"]


def test_authenticate_may_name_the_file(sim: Simulator, service: WebService, visit: Run) -> None:
    service.replies = {"authenticate": lambda **values: ["T", sim.demo_path]}
    service.requests = [document(sale())]
    assert visit().outcome == "done"


# ---------------------------------------------------------------------- no request


def test_no_request_and_no_op_pauses_until_there_is_one(service: WebService, visit: Run) -> None:
    answers = iter(["", "", document(sale())])
    service.replies = {"sendRequestXML": lambda **values: next(answers), "getLastError": lambda **values: "NoOp"}
    result = visit()
    asked = ["sendRequestXML", "getLastError"]
    assert service.methods == [*GREETING, *asked, *asked, *EXCHANGE, "closeConnection"]
    assert (result.pauses, result.outcome) == (2, "done")


def test_no_request_and_a_text_ends_the_session(service: WebService, visit: Run) -> None:
    service.replies = {"getLastError": lambda **values: "No orders today."}
    result = visit()
    assert service.methods == [*GREETING, "sendRequestXML", "getLastError", "closeConnection"]
    assert result.shown == ["1.0", "No orders today.", "OK"]


def test_a_service_that_pauses_for_ever_is_found_out(service: WebService, visit: Run) -> None:
    service.replies = {"getLastError": lambda **values: "NoOp"}
    assert (visit().outcome, service.methods.count("getLastError")) == ("endless", 101)


def test_interactive_mode_opens_a_page(service: WebService, visit: Run) -> None:
    answers = iter(["", document(sale())])
    service.replies = {
        "sendRequestXML": lambda **values: next(answers),
        "getLastError": lambda **values: "Interactive mode",
        "getInteractiveURL": lambda **values: "https://localhost/choose",
    }
    result = visit()
    assert service.methods[4:7] == ["getLastError", "getInteractiveURL", "interactiveDone"]
    assert (result.interactive_urls, result.outcome) == (["https://localhost/choose"], "done")


def test_below_zero_and_no_op_ends_unless_the_switch_lets_it_pause(
    sim: Simulator, service: WebService, visit: Run
) -> None:
    numbers = iter([-1, -1, 100])
    service.requests = [document(sale()) for _ in range(3)]
    service.replies = {"receiveResponseXML": lambda **values: next(numbers), "getLastError": lambda **values: "NoOp"}
    assert visit().outcome == "stopped"
    sim.switches.set({"negative_and_no_op": "pauses"})
    result = visit()
    assert (result.outcome, result.percentages) == ("done", [-1, 100])


# ---------------------------------------------------------------------- the file can't be opened


def test_connection_error_is_told_until_the_service_says_done(sim: Simulator, service: WebService, visit: Run) -> None:
    sim.connector.add(service.qwc(), PASSWORD)
    person.act(sim.quickbooks, "open_file", {"file": sim.other_path})
    answers = iter([sim.demo_path, "DONE"])
    service.replies = {
        "authenticate": lambda **values: ["T", sim.demo_path],
        "connectionError": lambda **values: next(answers),
    }
    result = visit()
    assert service.methods == [*GREETING, "connectionError", "connectionError", "closeConnection"]
    told = service.calls("connectionError")[0]
    assert (told["hresult"], result.outcome, result.code) == ("0x8004040A", "not_opened", "0x8004040A")
    assert "different from the one requested" in (told["message"] or "")


def test_connection_error_can_lead_to_another_file(sim: Simulator, service: WebService, visit: Run) -> None:
    sim.connector.add(service.qwc(), PASSWORD)
    person.act(sim.quickbooks, "open_file", {"file": None})
    service.replies = {"connectionError": lambda **values: sim.demo_path}
    service.requests = [document(sale())]
    assert visit().outcome == "done"
    assert service.calls("connectionError")[0]["hresult"] == "0x80040416"


def test_a_service_that_never_gives_up_is_found_out(sim: Simulator, service: WebService, visit: Run) -> None:
    sim.connector.add(service.qwc(), PASSWORD)
    person.act(sim.quickbooks, "show_dialog", {"title": "In the way"})
    service.replies = {"connectionError": lambda **values: ""}
    assert (visit().outcome, service.methods.count("connectionError")) == ("endless", 20)
    sim.switches.set({"done_case": "exact"})
    service.replies = {"connectionError": lambda **values: "DONE"}
    assert visit().outcome == "endless"


# ---------------------------------------------------------------------- versions and schedules


@pytest.mark.parametrize("answer", ["E:Please update.", "O:99.0"])
def test_a_version_that_is_too_old_ends_the_session(service: WebService, visit: Run, answer: str) -> None:
    service.replies = {"clientVersion": lambda **values: answer}
    assert (visit().code, service.methods) == ("QBWC1046", GREETING[:2])


def test_a_warning_is_shown(service: WebService, visit: Run) -> None:
    service.replies = {"clientVersion": lambda **values: "W:Update soon.", "getLastError": lambda **values: "Nothing"}
    assert visit().shown[1] == "Update soon."


def test_a_failing_server_version_is_only_logged(sim: Simulator, service: WebService, visit: Run) -> None:
    service.raw_answers = {"serverVersion": b"oops"}
    service.requests = [document(sale())]
    assert visit().outcome == "done"
    sim.switches.set({"server_version_failure": "fatal"})
    assert visit().code == "QBWC1037"


def test_a_schedule_runs_sessions_and_the_service_can_postpone_them(sim: Simulator, service: WebService) -> None:
    sim.connector.add(service.qwc(), PASSWORD, auto_run=True)
    service.replies = {"authenticate": lambda **values: ["T", "none", "", "900"]}
    assert [result.outcome for result in sim.connector.run_due()] == ["no_data"]
    sim.clock.advance(600)
    assert sim.connector.run_due() == []
    sim.clock.advance(301)
    service.replies = {"authenticate": lambda **values: ["T", "", "60"]}
    assert [result.outcome for result in sim.connector.run_due()] == ["postponed"]
    sim.clock.advance(61)
    assert len(sim.connector.run_due()) == 1
    by_hand = sim.connector.visit("Stock Hub")
    assert (by_hand.outcome, service.methods.count("sendRequestXML")) == ("stopped", 1)


def test_each_session_has_its_own_iterators(sim: Simulator, service: WebService, visit: Run) -> None:
    page = '<CustomerQueryRq iterator="{}"{}><MaxReturned>1</MaxReturned></CustomerQueryRq>'
    service.requests = [document(page.format("Start", ""))]
    iterator_id = visit().exchanges[0].response.partition('iteratorID="')[2].partition('"')[0]
    service.requests = [document(page.format("Continue", f' iteratorID="{iterator_id}"'))]
    assert 'statusCode="3000"' in visit().exchanges[0].response


def test_every_session_gets_the_ticket_it_was_given(service: WebService, visit: Run) -> None:
    numbers = count(1)
    service.replies = {"authenticate": lambda **values: [f"T-{next(numbers)}", ""]}
    visit()
    visit()
    assert [values["ticket"] for values in service.calls("closeConnection")] == ["T-1", "T-2"]
