"""Lists this simulator has nothing to put in: prepayments and overpayments. Reading them works."""

from __future__ import annotations

from . import listing
from .endpoint import Call, Payload, endpoint
from .errors import not_found


def _empty(call: Call, wrapper: str) -> Payload:
    plan = listing.ListOf[None](wrapper, wrapper, {}, lambda call, record: {}, None)
    return listing.answer(call, plan, [])


@endpoint("GET", "/Prepayments", "prepayments")
def list_prepayments(call: Call) -> Payload:
    return _empty(call, "Prepayments")


@endpoint("GET", "/Overpayments", "prepayments")
def list_overpayments(call: Call) -> Payload:
    return _empty(call, "Overpayments")


@endpoint("GET", "/Prepayments/<key>", "prepayments")
def get_prepayment(call: Call) -> Payload:
    raise not_found()


@endpoint("GET", "/Overpayments/<key>", "prepayments")
def get_overpayment(call: Call) -> Payload:
    raise not_found()
