"""Where the Web Connector's calls arrive. Nothing that happens behind them ever shows as anything but an answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from importlib.metadata import version

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from hub import Hub
from hub_qbdesktop import envelope, wsdl
from hub_qbdesktop.envelope import Call, EnvelopeError, Result
from hub_qbdesktop.sessions import BUSY, FAILED, GIVE_UP, Sessions

log = logging.getLogger("hub_qbdesktop")

PATH = "/qbdesktop/connector"
XML = "text/xml; charset=utf-8"

Answerer = Callable[[Call], Result]

_SAFE: Mapping[str, Result] = {
    "authenticate": ("", BUSY),
    "receiveResponseXML": FAILED,
    "connectionError": GIVE_UP,
    "closeConnection": "OK",
}
"""What is answered when answering fails; an empty text everywhere else."""


def blueprint(hub: Hub) -> Blueprint:
    """The service. It needs no sign-in to the hub: the Web Connector proves itself with its own password."""
    service = Blueprint("qbdesktop_connector", __name__)
    answerers = _answerers(Sessions(hub))
    address = f"{hub.settings.base_url.rstrip('/')}{PATH}"

    def show() -> Response:
        """The Web Connector looks here for the certificate, and developers for the description."""
        if "wsdl" in {name.lower() for name in request.args}:
            return Response(wsdl.description(address), content_type=XML)
        return Response("Ledgerport answers the QuickBooks Web Connector here.\n", content_type="text/plain")

    def answer() -> Response:
        """Answer one call."""
        request.max_content_length = envelope.MOST_BYTES
        try:
            call = envelope.read(request.get_data())
        except (EnvelopeError, HTTPException):
            log.warning("a call to the Web Connector's service could not be read")
            return Response(envelope.fault("Client", "The call could not be read."), 400, content_type=XML)
        if call.operation not in answerers:
            return Response(envelope.fault("Client", "There is no such operation."), 400, content_type=XML)
        result = _answered(answerers[call.operation], call)
        return Response(envelope.answer(call.operation, result, is_rpc=call.is_rpc), content_type=XML)

    for view in (show, answer):
        setattr(view, "csrf_exempt", True)  # noqa: B010  (a function has no such attribute by its type)
    service.add_url_rule(PATH, view_func=show, methods=["GET"])
    service.add_url_rule(PATH, view_func=answer, methods=["POST"])
    return service


def _answered(answerer: Answerer, call: Call) -> Result:
    try:
        return answerer(call)
    except Exception:
        log.exception("the call %s failed", call.operation)
        return _SAFE.get(call.operation, "")


def _answerers(sessions: Sessions) -> Mapping[str, Answerer]:
    said = f"Ledgerport {version('ledgerport-qbdesktop')}"
    return {
        "serverVersion": lambda call: said,
        "getServerVersion": lambda call: said,
        "clientVersion": lambda call: "",
        "authenticate": lambda call: sessions.authenticate(
            call["strUserName"], call["strPassword"], request.remote_addr or ""
        ),
        "sendRequestXML": lambda call: sessions.send_request(
            call["ticket"],
            call["strHCPResponse"],
            call["strCompanyFileName"],
            call["qbXMLCountry"],
            _version(call["qbXMLMajorVers"], call["qbXMLMinorVers"]),
        ),
        "receiveResponseXML": lambda call: sessions.receive_response(
            call["ticket"], call["response"], call["hresult"], call["message"]
        ),
        "connectionError": lambda call: sessions.connection_error(call["ticket"], call["hresult"], call["message"]),
        "getLastError": lambda call: sessions.last_error(call["ticket"]),
        "closeConnection": lambda call: sessions.close(call["ticket"]),
        "getInteractiveURL": lambda call: "",
        "interactiveRejected": lambda call: "Nothing has to be done in the browser.",
        "interactiveDone": lambda call: "Done",
    }


def _version(major: str, minor: str) -> str:
    """The version that a call names, empty where it names none."""
    return f"{major.strip()}.{minor.strip() or '0'}" if major.strip().isdigit() else ""
