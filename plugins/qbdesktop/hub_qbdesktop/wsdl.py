"""The description of the service that the Web Connector calls (WSDL 1.1), made from a table of its operations."""

from __future__ import annotations

from html import escape

NAMESPACE = "http://developer.intuit.com/"
"""Of every service of the Web Connector."""

_TEXT, _NUMBER, _TEXTS = "xs:string", "xs:int", "tns:ArrayOfString"

OPERATIONS: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {
    "serverVersion": ((), _TEXT),
    "getServerVersion": ((("ticket", _TEXT),), _TEXT),
    "clientVersion": ((("strVersion", _TEXT),), _TEXT),
    "authenticate": ((("strUserName", _TEXT), ("strPassword", _TEXT)), _TEXTS),
    "sendRequestXML": (
        (
            ("ticket", _TEXT),
            ("strHCPResponse", _TEXT),
            ("strCompanyFileName", _TEXT),
            ("qbXMLCountry", _TEXT),
            ("qbXMLMajorVers", _NUMBER),
            ("qbXMLMinorVers", _NUMBER),
        ),
        _TEXT,
    ),
    "receiveResponseXML": (
        (("ticket", _TEXT), ("response", _TEXT), ("hresult", _TEXT), ("message", _TEXT)),
        _NUMBER,
    ),
    "connectionError": ((("ticket", _TEXT), ("hresult", _TEXT), ("message", _TEXT)), _TEXT),
    "getLastError": ((("ticket", _TEXT),), _TEXT),
    "closeConnection": ((("ticket", _TEXT),), _TEXT),
    "getInteractiveURL": ((("wcTicket", _TEXT), ("sessionID", _TEXT)), _TEXT),
    "interactiveRejected": ((("wcTicket", _TEXT), ("reason", _TEXT)), _TEXT),
    "interactiveDone": ((("wcTicket", _TEXT),), _TEXT),
}
"""Each operation's parameters in their order, and its result (QuickBooks Web Connector Programmer's Guide)."""


def description(address: str) -> bytes:
    """The service at ``address``, described."""
    parts = (
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"'
        f' xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="{NAMESPACE}" targetNamespace="{NAMESPACE}">',
        f'<wsdl:types><xs:schema elementFormDefault="qualified" targetNamespace="{NAMESPACE}">',
        '<xs:complexType name="ArrayOfString"><xs:sequence><xs:element minOccurs="0" maxOccurs="unbounded"'
        ' name="string" nillable="true" type="xs:string"/></xs:sequence></xs:complexType>',
        *(_elements(name, *signature) for name, signature in OPERATIONS.items()),
        "</xs:schema></wsdl:types>",
        *(_messages(name) for name in OPERATIONS),
        '<wsdl:portType name="QBWebConnectorSvcSoap">',
        *(_port(name) for name in OPERATIONS),
        '</wsdl:portType><wsdl:binding name="QBWebConnectorSvcSoap" type="tns:QBWebConnectorSvcSoap">'
        '<soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>',
        *(_bound(name) for name in OPERATIONS),
        '</wsdl:binding><wsdl:service name="QBWebConnectorSvc">'
        '<wsdl:port name="QBWebConnectorSvcSoap" binding="tns:QBWebConnectorSvcSoap">'
        f'<soap:address location="{escape(address)}"/></wsdl:port></wsdl:service>',
        "</wsdl:definitions>",
    )
    return "".join(parts).encode()


def _elements(name: str, parameters: tuple[tuple[str, str], ...], result: str) -> str:
    return _element(name, parameters) + _element(f"{name}Response", ((f"{name}Result", result),))


def _element(name: str, children: tuple[tuple[str, str], ...]) -> str:
    inner = "".join(
        f'<xs:element minOccurs="{1 if sort == _NUMBER else 0}" maxOccurs="1" name="{child}" type="{sort}"/>'
        for child, sort in children
    )
    return f'<xs:element name="{name}"><xs:complexType><xs:sequence>{inner}</xs:sequence></xs:complexType></xs:element>'


def _messages(name: str) -> str:
    return "".join(
        f'<wsdl:message name="{name}Soap{way}"><wsdl:part name="parameters" element="tns:{element}"/></wsdl:message>'
        for way, element in (("In", name), ("Out", f"{name}Response"))
    )


def _port(name: str) -> str:
    return (
        f'<wsdl:operation name="{name}"><wsdl:input message="tns:{name}SoapIn"/>'
        f'<wsdl:output message="tns:{name}SoapOut"/></wsdl:operation>'
    )


def _bound(name: str) -> str:
    body = '<soap:body use="literal"/>'
    return (
        f'<wsdl:operation name="{name}"><soap:operation soapAction="{NAMESPACE}{name}" style="document"/>'
        f"<wsdl:input>{body}</wsdl:input><wsdl:output>{body}</wsdl:output></wsdl:operation>"
    )
