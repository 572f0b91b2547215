"""SOAP envelopes of the QuickBooks Web Connector: read leniently, written in one strict form.

The Web Connector speaks SOAP 1.1 in document style, and in RPC style when its file says so (QuickBooks Web Connector
Programmer's Guide). Operations and parameters are known by their local names in any case, and a parameter that is
missing, empty or nil is an empty text. What is answered begins with the XML declaration and has no superfluous byte,
for the Web Connector refuses anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from lxml import etree

from hub_qbdesktop import wsdl, xmltext

NAMESPACE = wsdl.NAMESPACE
"""Every service of the Web Connector answers in it."""
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MOST_BYTES = 24 * 1024 * 1024
"""The largest envelope that is read: an answer of many records, escaped."""

_SCHEMA = "http://www.w3.org/2001/XMLSchema"
_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'

_NAMES = {name.lower(): name for name in wsdl.OPERATIONS}

Result = str | int | Sequence[str]


class EnvelopeError(ValueError):
    """What came is no envelope that we read; the text says nothing of its content."""


@dataclass(frozen=True)
class Call:
    """One call: the operation, its parameters by their names in lower case, and whether it came in RPC style."""

    operation: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    is_rpc: bool = False

    def __getitem__(self, name: str) -> str:
        """A parameter, empty where there is none."""
        return self.parameters.get(name.lower(), "")


def read(body: bytes) -> Call:
    """The call in an envelope, without a name where there is no such operation; else raises ``EnvelopeError``."""
    if len(body) > MOST_BYTES:
        raise EnvelopeError("the envelope is too large")
    try:
        root = xmltext.parse(body)
    except xmltext.XmlError as error:
        raise EnvelopeError(str(error)) from None
    bodies = [each for each in root if xmltext.local(each) == "Body"]
    if xmltext.local(root) != "Envelope" or len(bodies) != 1:
        raise EnvelopeError("there is no SOAP envelope")
    operations = [each for each in bodies[0] if xmltext.is_element(each)]
    if len(operations) != 1:
        raise EnvelopeError("there is not one operation in the envelope")
    operation = operations[0]
    parameters = {xmltext.local(each).lower(): each.text or "" for each in operation if xmltext.is_element(each)}
    named = _NAMES.get(xmltext.local(operation).lower(), "")
    return Call(named, parameters, _is_rpc((root, bodies[0], operation)))


def _is_rpc(levels: Sequence[etree._Element]) -> bool:
    """RPC style names its encoding at one of these levels, or its operation has a namespace and the parameters none."""
    operation = levels[-1]
    parameters = [etree.QName(each).namespace for each in operation if xmltext.is_element(each)]
    unqualified = etree.QName(operation).namespace is not None and None in parameters
    return unqualified or any(each.get(f"{{{SOAP}}}encodingStyle") is not None for each in levels)


def answer(operation: str, result: Result, *, is_rpc: bool = False) -> bytes:
    """The envelope with an operation's result: a text, a whole number, or texts."""
    written = _rpc(operation, result) if is_rpc else _document(operation, result)
    return written.encode()


def fault(code: str, text: str) -> bytes:
    """The envelope that says why a call could not be understood."""
    inner = f"<soap:Fault><faultcode>soap:{code}</faultcode><faultstring>{_escaped(text)}</faultstring></soap:Fault>"
    return f'{_DECLARATION}<soap:Envelope xmlns:soap="{SOAP}"><soap:Body>{inner}</soap:Body></soap:Envelope>'.encode()


def _document(operation: str, result: Result) -> str:
    inner = f"<{operation}Result>{_content(result)}</{operation}Result>"
    wrapped = f'<{operation}Response xmlns="{NAMESPACE}">{inner}</{operation}Response>'
    return f'{_DECLARATION}<soap:Envelope xmlns:soap="{SOAP}"><soap:Body>{wrapped}</soap:Body></soap:Envelope>'


def _content(result: Result) -> str:
    """Each text of a list is there, the empty one too: the Web Connector counts them."""
    if isinstance(result, str | int):
        return _escaped(str(result))
    return "".join(f"<string>{_escaped(text)}</string>" for text in result)


def _rpc(operation: str, result: Result) -> str:
    name = f"{operation}Result"
    if isinstance(result, str | int):
        sort = "int" if isinstance(result, int) else "string"
        inner = f'<{name} xsi:type="xsd:{sort}">{_escaped(str(result))}</{name}>'
    else:
        items = "".join(f'<string xsi:type="xsd:string">{_escaped(text)}</string>' for text in result)
        inner = f'<{name} xsi:type="soapenc:Array" soapenc:arrayType="xsd:string[{len(result)}]">{items}</{name}>'
    names = f'xmlns:soap="{SOAP}" xmlns:soapenc="{_ENCODING}" xmlns:xsd="{_SCHEMA}" xmlns:xsi="{_SCHEMA}-instance"'
    wrapped = f'<q1:{operation}Response xmlns:q1="{NAMESPACE}">{inner}</q1:{operation}Response>'
    body = f'<soap:Body soap:encodingStyle="{_ENCODING}">{wrapped}</soap:Body>'
    return f"{_DECLARATION}<soap:Envelope {names}>{body}</soap:Envelope>"


def _escaped(text: str) -> str:
    return escape(xmltext.legal(text), quote=False).replace("\r", "&#13;")
