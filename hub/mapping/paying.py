"""How a customer paid, and on what terms, where the ledger keeps lists of that. Nothing waits: none is left out."""

from __future__ import annotations

from hub.documents import Kind, Settlement, TradeDocument
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


def payment_term(document: TradeDocument, chart: Chart, resolved: Resolved) -> str:
    """The ledger's terms of the name that the document's have; empty where it has none of that name."""
    if not document.payment_term or not chart.payment_terms:
        return ""
    resolved.rest_on(target_fact(Kind.PAYMENT_TERM, fold(document.payment_term)))
    term = chart.payment_terms.get(fold(document.payment_term))
    if term is None or not term.active:
        resolved.note(f"the ledger has no payment terms {document.payment_term} in use: the due date alone counts")
        return ""
    resolved.note(f"payment terms {document.payment_term} are {term.name} in the ledger")
    return term.name
