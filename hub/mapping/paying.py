"""How a customer paid, where the ledger keeps a list of that. Nothing waits for it: none is left out."""

from __future__ import annotations

from hub.documents import Kind, Settlement
from hub.mapping.rules import Chart, MappingList, Resolved, Rules, fold, map_fact, target_fact


def payment_method(document: Settlement, rules: Rules, chart: Chart, resolved: Resolved) -> str:
    """The ledger's method of a customer's payment: what the account that it came into stands for; may be empty."""
    if document.kind is not Kind.PAYMENT or document.document_kind is not Kind.INVOICE:
        return ""
    wanted = rules.find(MappingList.PAYMENT_METHOD, document.account)
    if not wanted and not chart.payment_methods:
        return ""
    resolved.rest_on(map_fact(MappingList.PAYMENT_METHOD, document.account))
    if not wanted:
        return ""
    resolved.rest_on(target_fact(Kind.PAYMENT_METHOD, fold(wanted)))
    method = chart.payment_methods.get(fold(wanted))
    if method is None or not method.active:
        resolved.warn(f"The ledger has no payment method {wanted} to use any more. It is posted without.")
        return ""
    resolved.note(f"payment account {document.account} stands for the payment method {method.name}")
    return method.name
