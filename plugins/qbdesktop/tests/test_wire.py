"""What travels between the Web Connector and the service: every form of a call, and everything that is no call."""

from __future__ import annotations

import os
import re
import socket
import time
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
from hub_qbdesktop import envelope, wsdl, xmltext
from lxml import etree

SOAP, INTUIT = envelope.SOAP, envelope.NAMESPACE
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
PARAMETERS = {name: [each for each, _ in signature] for name, (signature, _) in wsdl.OPERATIONS.items()}
"""Each operation's parameters, filled with words that nobody gave out."""


def document(operation: str, values: dict[str, str], namespace: str = INTUIT) -> str:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return enveloped(f'<{operation} xmlns="{namespace}">{inner}</{operation}>')


def prefixed(operation: str, values: dict[str, str]) -> str:
    inner = "".join(f"<tns:{name}>{value}</tns:{name}>" for name, value in values.items())
    return enveloped(f'<tns:{operation} xmlns:tns="{INTUIT}">{inner}</tns:{operation}>')


def rpc(operation: str, values: dict[str, str], style_at: str = "body") -> str:
    inner = "".join(f'<{name} xsi:type="xsd:string">{value}</{name}>' for name, value in values.items())
    style = f' soap:encodingStyle="{ENCODING}"'
    at_operation = style if style_at == "operation" else ""
    call = f'<q1:{operation} xmlns:q1="{INTUIT}"{at_operation}>{inner}</q1:{operation}>'
    return enveloped(call, **({f"on_{style_at}": style} if style_at != "operation" else {}))


def enveloped(call: str, on_body: str = "", on_envelope: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}" xmlns:xsi="{XSI}"'
        f' xmlns:xsd="http://www.w3.org/2001/XMLSchema"{on_envelope}><soap:Body{on_body}>{call}</soap:Body>'
        "</soap:Envelope>"
    )


def lower(values: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in values.items()}


FORMS: dict[str, Any] = {
    "document": document,
    "document with a prefix": prefixed,
    "document without the slash": lambda name, values: document(name, values, INTUIT.rstrip("/")),
    "document without a namespace": lambda name, values: document(name, values, ""),
    "document in lower case": lambda name, values: document(name.lower(), lower(values)),
    "document in upper case": lambda name, values: document(
        name.upper(), {each.upper(): value for each, value in values.items()}
    ),
    "rpc": rpc,
    "rpc in lower case": lambda name, values: rpc(name.lower(), lower(values)),
    "rpc, said at the operation": lambda name, values: rpc(name, values, "operation"),
    "rpc, said at the envelope": lambda name, values: rpc(name, values, "envelope"),
    "with a byte order mark": lambda name, values: "\ufeff" + document(name, values),
    "with blanks before it": lambda name, values: "\r\n  " + document(name, values),
    "with comments in it": lambda name, values: document(name, values).replace("><", "><!-- x --><"),
}


def posted(office: Any, body: str | bytes) -> requests.Response:
    content = body.encode() if isinstance(body, str) else body
    return requests.post(office.connector.url, data=content, headers={"Content-Type": "text/xml"}, timeout=60)


def result_of(content: bytes, operation: str, *, is_rpc: bool) -> Any:
    """The result in an answer, read as strictly as .NET reads it: a list as a list of texts."""
    assert content.startswith(b'<?xml version="1.0" encoding="utf-8"?><soap:Envelope')
    assert content.endswith(b"</soap:Envelope>")
    [body] = etree.fromstring(content)
    [wrapper] = body
    assert wrapper.tag == f"{{{INTUIT}}}{operation}Response"
    [result] = wrapper
    assert result.tag == (f"{operation}Result" if is_rpc else f"{{{INTUIT}}}{operation}Result")
    assert all(each.tag == ("string" if is_rpc else f"{{{INTUIT}}}string") for each in result)
    return [each.text or "" for each in result] or result.text or ""


EXPECTED: dict[str, Any] = {
    "clientVersion": "",
    "authenticate": ["", "nvu"],
    "sendRequestXML": "",
    "receiveResponseXML": "-1",
    "connectionError": "done",
    "getLastError": "This session is over. The Web Connector may start another one.",
    "closeConnection": "OK",
    "getInteractiveURL": "",
    "interactiveRejected": "Nothing has to be done in the browser.",
    "interactiveDone": "Done",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_call_is_understood_in_every_form_that_connectors_send(office: Any, form: str) -> None:
    for operation, names in PARAMETERS.items():
        answer = posted(office, FORMS[form](operation, dict.fromkeys(names, "1")))
        assert answer.status_code == 200, (operation, answer.text)
        assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
        result = result_of(answer.content, operation, is_rpc="rpc" in form)
        if operation.lower().endswith("serverversion"):
            assert result.startswith("Ledgerport ")
        else:
            assert result == EXPECTED[operation], operation


@pytest.mark.parametrize("shape", ["", "<{0}/>", "<{0}></{0}>", '<{0} xsi:nil="true"/>', "<{0}><![CDATA[]]></{0}>"])
def test_a_parameter_without_a_value_may_be_written_in_any_way(office: Any, shape: str) -> None:
    for operation, names in PARAMETERS.items():
        inner = "".join(shape.format(name) for name in names)
        answer = posted(office, enveloped(f'<{operation} xmlns="{INTUIT}">{inner}</{operation}>'))
        assert answer.status_code == 200
        if operation in EXPECTED:
            assert result_of(answer.content, operation, is_rpc=False) == EXPECTED[operation]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252", "us-ascii"])
def test_a_call_may_be_written_in_any_usual_encoding(encoding: str) -> None:
    name = "Acme" if encoding == "us-ascii" else "Caf\u00e9"
    text = document("authenticate", {"strUserName": name}).replace('encoding="utf-8"', f'encoding="{encoding}"')
    assert envelope.read(text.encode(encoding))["strUserName"] == name


def test_what_xml_does_not_know_is_left_out_wherever_it_stands() -> None:
    spoilt = "a&#x1A;b&#0;c\x0bd&#xFFFE;e&#xD800;f&#x41;&#9;&#233;"
    assert envelope.read(document("getLastError", {"ticket": spoilt}).encode())["ticket"] == "abcdefA\t\u00e9"
    assert xmltext.parse_text(f"<a>{spoilt}</a>").text == "abcdefA\t\u00e9"


def test_a_slip_of_somebodys_keyboard_in_quickbooks_keeps_nothing_from_being_read(office: Any) -> None:
    """.NET writes such characters as they are, and QuickBooks gives its answers with them."""
    plain = office.company.process
    office.company.process = lambda text: plain(text).replace("Acme Trading", "Acme&#x1A; Trading")
    assert office.connector.visit()[-1] == 100
    assert office.hub.connection(office.ledger_id).organisation["name"] == "Acme Trading Ltd"


def test_a_long_answer_is_read_whole() -> None:
    long = "&lt;x/&gt;" * 2_000_000
    call = envelope.read(document("receiveResponseXML", {"response": long}).encode())
    assert len(call["response"]) == 4 * 2_000_000


def entity(definition: str, inside: str = "&e;") -> str:
    return f"<!DOCTYPE x [{definition}]>" + document("getLastError", {"ticket": inside}).partition("?>")[2]


LAUGHS = '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12)
)  # a trillion times

REFUSED: dict[str, bytes] = {
    "a file": entity('<!ENTITY e SYSTEM "file:///etc/passwd">').encode(),
    "a billion laughs": entity(LAUGHS, "&m;").encode(),
    "one long entity many times": entity(f'<!ENTITY e "{"x" * 50_000}">', "&e;" * 50_000).encode(),
    "an entity nobody declared": document("getLastError", {"ticket": "&e;"}).encode(),
    "a parameter entity": entity('<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;', "x").encode(),
    "an empty document type": ("<!DOCTYPE x>" + document("x", {}).partition("?>")[2]).encode(),
    "a document type in UTF-16": entity('<!ENTITY e "y">').encode("utf-16"),
    "a document type in bare UTF-16": entity('<!ENTITY e "y">').encode("utf-16-le"),
    "a document type in UTF-32": entity('<!ENTITY e "y">').encode("utf-32"),
    "a document type broken by what XML does not know": entity('<!ENTITY e "y">').replace("DOC", "DO\x00C").encode(),
    "an encoding that hides it": b'<?xml version="1.0" encoding="utf-7"?>' + entity('<!ENTITY e "y">').encode("utf-7"),
    "an encoding that is none": document("x", {}).replace("utf-8", "zip").encode(),
    "depth without end": b"<a>" * 200_000 + b"</a>" * 200_000,
    "elements left open": b"<a>" * 200_000,
    "a number without end": f"<a>&#{'1' * 6000};</a>".encode(),
    "two bodies": enveloped("<x/>").replace("</soap:Envelope>", "<soap:Body><x/></soap:Body></soap:Envelope>").encode(),
    "two operations": enveloped("<serverVersion/><serverVersion/>").encode(),
    "no operation": enveloped("").encode(),
    "an unknown operation": enveloped("<dropTables/>").encode(),
    "an envelope of something else": b"<x><Body><serverVersion/></Body></x>",
    "something else": b"\x1f\x8b\x08 not XML",
    "nothing": b"",
}


@pytest.mark.parametrize("sort", REFUSED)
def test_what_is_no_call_is_refused_at_once_and_nothing_of_it_is_repeated(
    office: Any, sort: str, caplog: pytest.LogCaptureFixture
) -> None:
    begun = time.process_time()  # of work: how busy the machine is with others does not count
    answer = posted(office, REFUSED[sort])
    assert time.process_time() - begun < 3
    assert answer.status_code == 400
    assert answer.content.startswith(b'<?xml version="1.0" encoding="utf-8"?><soap:Envelope')
    assert b"<faultcode>soap:Client</faultcode>" in answer.content
    assert len(answer.content) < 1000
    assert "root:" not in caplog.text + answer.text
    assert "Traceback" not in caplog.text + answer.text


def test_nothing_is_fetched_for_a_call() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x.dtd"
        include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{url}"/>'
        for text in (entity(f'<!ENTITY e SYSTEM "{url}">'), f'<!DOCTYPE x SYSTEM "{url}"><x/>'):
            with pytest.raises(envelope.EnvelopeError):
                envelope.read(text.encode())
        assert envelope.read(document("getLastError", {"ticket": include}).encode())["ticket"] == ""
        with pytest.raises(TimeoutError):
            server.accept()


def test_an_answer_of_quickbooks_with_a_document_type_is_no_answer(office: Any) -> None:
    """The inner document is guarded as the outer one is."""
    office.connector.sign_in()
    office.connector.ask()
    assert office.connector.tell(entity('<!ENTITY e SYSTEM "file:///etc/passwd">')) == -1
    assert "root:" not in office.connector.error()
    assert office.connector.error() != ""


def test_hosts_answers_with_a_document_type_count_as_none(office: Any) -> None:
    office.company.host_answers = lambda: entity(LAUGHS, "&m;")
    office.connector.sign_in()
    assert "HostQueryRq" in office.connector.ask()


def test_a_call_that_is_too_large_is_refused_and_the_next_is_answered(office: Any) -> None:
    # In pieces, with no length told before: it is counted while it comes.
    def pieces() -> Any:
        for _ in range(envelope.MOST_BYTES // 1_000_000 + 2):
            yield b"x" * 1_000_000

    try:
        answer = requests.post(office.connector.url, data=pieces(), timeout=60)
        assert answer.status_code == 400
    except requests.ConnectionError:  # the server need not listen to the rest
        pass
    assert office.connector.call("serverVersion").startswith("Ledgerport")


# -- the description -----------------------------------------------------------------------------------------------


def signatures(location: str) -> dict[str, Any]:
    """Each operation's parameters with their sorts, and its result, as a client of SOAP understands them."""
    client: Any = zeep.Client(location)  # type: ignore[no-untyped-call]
    [service] = client.wsdl.services.values()
    [port] = service.ports.values()
    return {
        name: (
            [(each, kind.type.name) for each, kind in operation.input.body.type.elements],
            [(each, kind.type.name) for each, kind in operation.output.body.type.elements],
            operation.soapaction,
        )
        for name, operation in port.binding._operations.items()
    }


def specified(*parts: str) -> Path:
    folder = os.environ.get("LEDGERPORT_SPECS", "")
    path = Path(folder, "qbdesktop", *parts)
    if not folder or not path.exists():
        pytest.skip("set LEDGERPORT_SPECS to a folder with qbdesktop of the QuickBooks Desktop SDK")
    return path


@pytest.mark.parametrize(
    ("name", "otherwise"),
    [
        # It gives serverVersion a parameter that no Web Connector sends.
        ("consolibyte-QBWebConnectorSvc.wsdl", {"serverVersion"}),
        # Its numbers are texts, and it leaves sessionID out.
        ("n8nbridge-qbwc.wsdl", {"sendRequestXML", "getInteractiveURL", "receiveResponseXML"}),
    ],
)
def test_the_description_says_what_others_say_of_the_same_service(
    name: str, otherwise: set[str], tmp_path: Path
) -> None:
    ours = tmp_path / "ours.wsdl"
    ours.write_bytes(wsdl.description("http://localhost/x"))
    mine, theirs = signatures(str(ours)), signatures(str(specified("wsdl", name)))
    assert theirs.keys() <= mine.keys()
    same = theirs.keys() - otherwise
    assert {each: mine[each] for each in same} == {each: theirs[each] for each in same}


@pytest.mark.parametrize(
    ("name", "operations"),
    [
        ("01_document_style_requests.txt", ["serverVersion", "clientVersion", "authenticate"]),
        ("04_rpc_style.txt", ["clientVersion"]),
    ],
)
def test_recorded_calls_are_understood(name: str, operations: list[str]) -> None:
    recorded = specified("transcripts", name).read_text()
    bodies = re.findall(r"<soap:Body.*?</soap:Body>", recorded)
    head, _, tail = enveloped("").partition("<soap:Body></soap:Body>")
    calls = [envelope.read((head + body + tail).encode()) for body in bodies if "Response" not in body]
    assert [call.operation for call in calls] == operations
    assert all(call.is_rpc is ("rpc" in name) for call in calls)
    assert all(call["strVersion"][0].isdigit() for call in calls if call.operation == "clientVersion")
