"""SOAP 1.1 as the Web Connector speaks it: its calls, and how strictly .NET reads what comes back.

Sources: the public WSDL of QBWebConnectorSvc; recorded requests of Web Connectors 2.2 and 2.3; answers known to be
refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.sax.saxutils import escape

from ..qbxml.tree import Element, XmlError, parse

NAMESPACE = "http://developer.intuit.com/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
SCHEMA = "http://www.w3.org/2001/XMLSchema"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"

METHODS: dict[str, tuple[str, ...]] = {
    "serverVersion": (),
    "clientVersion": ("strVersion",),
    "authenticate": ("strUserName", "strPassword"),
    "sendRequestXML": (
        "ticket",
        "strHCPResponse",
        "strCompanyFileName",
        "qbXMLCountry",
        "qbXMLMajorVers",
        "qbXMLMinorVers",
    ),
    "receiveResponseXML": ("ticket", "response", "hresult", "message"),
    "connectionError": ("ticket", "hresult", "message"),
    "getLastError": ("ticket",),
    "closeConnection": ("ticket",),
    "getInteractiveURL": ("wcTicket", "sessionID"),
    "interactiveDone": ("wcTicket",),
    "interactiveRejected": ("wcTicket", "reason"),
}
"""Every call with the names of its parameters in order."""
_INTEGERS = ("qbXMLMajorVers", "qbXMLMinorVers")
_CASES: dict[str, Callable[[str], str]] = {"documented": str, "lower": str.lower, "upper": str.upper}


class AnswerError(Exception):
    """What .NET throws at an answer; the text is what stands in the Web Connector's log."""


def request(method: str, values: dict[str, str | None], style: str, absent: str, case: str = "documented") -> bytes:
    """The envelope of a call. `absent` tells how None and empty text travel: empty, missing or nil."""
    if style == "RPC":
        return _rpc(method, values, absent, case)
    inside = "".join(_parameter(name, values.get(name), "", absent, case) for name in METHODS[method])
    head = f'<{method} xmlns="{NAMESPACE}"'
    return _envelope("", "", f"{head}>{inside}</{method}>" if inside else f"{head} />")


def _rpc(method: str, values: dict[str, str | None], absent: str, case: str) -> bytes:
    types = {name: f' xsi:type="xsd:{"int" if name in _INTEGERS else "string"}"' for name in METHODS[method]}
    inside = "".join(_parameter(name, values.get(name), types[name], absent, case) for name in METHODS[method])
    spaces = f' xmlns:soapenc="{ENCODING}" xmlns:tns="{NAMESPACE}" xmlns:types="{NAMESPACE}encodedTypes"'
    body = f' soap:encodingStyle="{ENCODING}"'
    head = f'<q1:{method} xmlns:q1="{NAMESPACE}"'
    return _envelope(spaces, body, f"{head}>{inside}</q1:{method}>" if inside else f"{head} />")


def _envelope(spaces: str, body: str, content: str) -> bytes:
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{ENVELOPE}" xmlns:xsi="{INSTANCE}"'
        f' xmlns:xsd="{SCHEMA}"{spaces}><soap:Body{body}>{content}</soap:Body></soap:Envelope>'
    )
    return text.encode()


def _parameter(name: str, value: str | None, type_text: str, absent: str, case: str) -> str:
    name = _CASES[case](name)
    if value:
        return f"<{name}{type_text}>{escape(value)}</{name}>"
    if absent == "missing":
        return ""
    return f'<{name} xsi:nil="true" />' if absent == "nil" else f"<{name}{type_text} />"


def _result(method: str, body: bytes, rpc: bool) -> Element | None:
    """The result element of an answer; None when there is none, which .NET takes for null."""
    try:
        root = parse(body).root
    except XmlError as problem:
        raise AnswerError(f"Response is not well-formed XML. {problem}") from problem
    if (root.tag, root.namespace) != ("Envelope", ENVELOPE):
        raise AnswerError(f"Possible SOAP version mismatch: Envelope namespace {root.namespace} was unexpected.")
    inside = [each for each in root.children if (each.tag, each.namespace) == ("Body", ENVELOPE)]
    if not inside:
        raise AnswerError("Object reference not set to an instance of an object.")
    if fault := inside[0].find("Fault"):
        raise AnswerError(fault.value("faultstring") or "SOAP fault")
    wanted = f"{method}Response"
    found = next((e for e in inside[0].children if e.tag == wanted and (rpc or e.namespace == NAMESPACE)), None)
    if found is None:
        return None
    if rpc:
        return found.children[0] if found.children else None
    return next((e for e in found.children if e.tag == f"{method}Result" and e.namespace == NAMESPACE), None)


def _is_nil(element: Element) -> bool:
    return element.attributes.get(f"{{{INSTANCE}}}nil", "") in ("true", "1")


def text_result(method: str, body: bytes, rpc: bool) -> str:
    """A string; empty for null."""
    element = _result(method, body, rpc)
    if element is None or _is_nil(element):
        return ""
    if element.children:
        raise AnswerError(f"There is an error in XML document: {element.children[0].tag} was not expected.")
    return element.text


def array_result(method: str, body: bytes, rpc: bool) -> list[str]:
    """An array of strings, which a null array is not."""
    element = _result(method, body, rpc)
    if element is None or _is_nil(element):
        raise AnswerError("Object reference not set to an instance of an object.")
    children = [child for child in element.children if rpc or (child.tag, child.namespace) == ("string", NAMESPACE)]
    return [child.text for child in children]


def integer_result(method: str, body: bytes, rpc: bool) -> int:
    """An int, which nothing else can be read as."""
    element = _result(method, body, rpc)
    text = element.text.strip() if element else ""
    if not re.fullmatch(r"[+-]?\d+", text):
        raise AnswerError(f"There is an error in XML document: Input string {text!r} was not in a correct format.")
    return int(text)
