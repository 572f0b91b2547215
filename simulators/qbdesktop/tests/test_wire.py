"""SOAP on the wire: what is sent, and what .NET refuses to read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import document, sale
from sim_qbdesktop.connector.visit import Visit
from visited_service import INTUIT, PASSWORD, SOAP, WebService

Run = Callable[[], Visit]


def envelope(inside: str) -> bytes:
    return f'<?xml version="1.0"?><s:Envelope xmlns:s="{SOAP}"><s:Body>{inside}</s:Body></s:Envelope>'.encode()


def login(inside: str, space: str = f' xmlns="{INTUIT}"') -> bytes:
    return envelope(
        f"<authenticateResponse{space}><authenticateResult>{inside}</authenticateResult></authenticateResponse>"
    )


def test_the_bytes_of_a_call_without_parameters(service: WebService, visit: Run) -> None:
    visit()
    assert service.received[0].raw == (
        b'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
        b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>'
        b'<serverVersion xmlns="http://developer.intuit.com/" /></soap:Body></soap:Envelope>'
    )
    assert "MS Web Services Client Protocol" in service.received[0].headers["User-Agent"]


@pytest.mark.parametrize(("switch", "seen"), [("empty", ""), ("missing", None), ("nil", None)])
def test_a_parameter_without_value_travels_in_three_ways(
    sim: Simulator, service: WebService, visit: Run, switch: str, seen: str | None
) -> None:
    sim.switches.set({"parameters": switch})
    service.requests = [document(sale()), document("<Nonsense></Nonsense>")]
    assert visit().outcome == "done"
    assert service.calls("sendRequestXML")[1]["strHCPResponse"] == seen
    assert [values["response"] == seen for values in service.calls("receiveResponseXML")] == [False, True]
    assert (b"<hresult" in service.received[4].raw) == (switch != "missing")


@pytest.mark.parametrize("case", ["lower", "upper"])
def test_names_of_parameters_in_another_case(sim: Simulator, service: WebService, visit: Run, case: str) -> None:
    sim.switches.set({"parameter_case": case})
    service.requests = [document(sale())]
    assert visit().outcome == "done"
    assert (b"<strusername>" if case == "lower" else b"<STRUSERNAME>") in service.received[2].raw


def test_the_rpc_style_has_prefixed_operations_and_typed_parameters_without_namespace(
    sim: Simulator, service: WebService
) -> None:
    service.rpc = True
    service.requests = [document(sale())]
    name = sim.connector.add(service.qwc(Style="RPC"), PASSWORD).name
    assert sim.connector.visit(name).outcome == "done"
    raw = service.received[3].raw
    assert (
        b'<q1:sendRequestXML xmlns:q1="http://developer.intuit.com/"><ticket xsi:type="xsd:string">T-1</ticket>' in raw
    )
    assert b'<qbXMLMajorVers xsi:type="xsd:int">13</qbXMLMajorVers>' in raw
    assert b'soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"' in raw


ONE, TWO = "<string>T</string>", "<string>T</string><string></string>"
NIL = b'<authenticateResult xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true">'
FOREIGN = ' xmlns:a="urn:arrays"'


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (login(ONE), "QBWC1012"),
        (login(TWO.replace("string", "a:string"), f' xmlns="{INTUIT}"{FOREIGN}'), "QBWC1012"),
        (login(TWO, ""), "QBWC2012"),
        (envelope(""), "QBWC2012"),
        (envelope(f'<authenticateResponse xmlns="{INTUIT}" />'), "QBWC2012"),
        (login(TWO).replace(b"<authenticateResult>", NIL), "QBWC2012"),
        (envelope("<s:Fault><faultcode>s:Server</faultcode><faultstring>no</faultstring></s:Fault>"), "QBWC1012"),
        (b" " + login(TWO), "QBWC1012"),
        (b"\xef\xbb\xbf" + login(TWO), "QBWC1012"),
        (login(TWO).replace(SOAP.encode(), b"http://www.w3.org/2003/05/soap-envelope"), "QBWC1012"),
        (b"<html><body>Error</body></html>", "QBWC1012"),
        (b"Traceback (most recent call last)", "QBWC1012"),
        (login("<string>T&nbsp;</string>"), "QBWC1012"),
    ],
    ids=("one string", "strings of another namespace", "no namespace", "empty body", "no result", "nil", "a fault",
         "a blank in front", "a mark in front", "SOAP 1.2", "a page", "a traceback", "an unknown entity"),
)  # fmt: skip
def test_answers_of_authenticate_that_can_not_be_read(
    service: WebService, visit: Run, answer: bytes, code: str
) -> None:
    service.raw_answers = {"authenticate": answer}
    result = visit()
    assert (result.outcome, result.code, service.methods[-1]) == ("error", code, "authenticate")


def test_prefixed_elements_of_the_right_namespace_are_read(service: WebService, visit: Run) -> None:
    two = TWO.replace("<", "<n:").replace("<n:/", "</n:")
    answer = f'<n:authenticateResponse xmlns:n="{INTUIT}"><n:authenticateResult>{two}</n:authenticateResult>'
    service.raw_answers = {"authenticate": envelope(f"{answer}</n:authenticateResponse>")}
    service.requests = [document(sale())]
    assert visit().outcome == "done"


@pytest.mark.parametrize("number", ["50.5", "", "many", "1e2"])
def test_a_percentage_is_a_whole_number(service: WebService, visit: Run, number: str) -> None:
    service.requests = [document(sale())]
    service.replies = {"receiveResponseXML": lambda **values: number}
    assert visit().code == "QBWC1042"


def test_a_status_or_a_type_that_is_not_soap_is_an_error(service: WebService, visit: Run) -> None:
    service.requests = [document(sale())]
    service.content_type = "text/html"
    assert visit().message == "Client found response content type of 'text/html', but expected 'text/xml'."
    service.content_type, service.status = "text/xml", 503
    assert visit().message == "The request failed with HTTP status 503."


def test_a_mark_in_front_can_be_accepted(sim: Simulator, service: WebService, visit: Run) -> None:
    sim.switches.set({"byte_order_mark": "accepted"})
    service.raw_answers = {"authenticate": b"\xef\xbb\xbf" + login(TWO)}
    service.requests = [document(sale())]
    assert visit().outcome == "done"


def test_no_answer_after_closing_is_told(service: WebService, visit: Run) -> None:
    service.raw_answers = {"closeConnection": b"oops"}
    assert visit().code == "QBWC1044"


def test_the_description_is_fetched_where_the_switch_says_so(sim: Simulator, service: WebService, visit: Run) -> None:
    visit()
    assert "/qbwc?wsdl" not in service.pages
    sim.switches.set({"wsdl_at_run_time": "yes"})
    visit()
    assert "/qbwc?wsdl" in service.pages
