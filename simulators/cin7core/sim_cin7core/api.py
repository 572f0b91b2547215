"""The API front: faults, keys, budget and the table of endpoints, in the order in which a call meets them."""

from __future__ import annotations

from collections.abc import Callable

from sim_cin7core import card_calls, purchase_calls, sale_calls
from sim_cin7core.account import Account
from sim_cin7core.calls import CallLog
from sim_cin7core.errors import error_body
from sim_cin7core.exchange import PREFIX, Answer, Call, RefusedError
from sim_cin7core.faults import Faults
from sim_cin7core.limits import Limiter

Endpoint = Callable[[Account, Call], Answer]
ENDPOINTS: dict[str, Endpoint] = {
    "me": card_calls.me,
    "customer": card_calls.customers,
    "supplier": card_calls.suppliers,
    "product": card_calls.products,
    "ref/account": card_calls.accounts,
    "ref/account/bank": card_calls.bank_accounts,
    "ref/accountbank": card_calls.bank_accounts,
    "ref/tax": card_calls.tax_rules,
    "ref/paymentterm": card_calls.payment_terms,
    "ref/location": card_calls.locations,
    "ref/customer/credits": card_calls.customer_credits,
    "ref/supplier/deposits": card_calls.supplier_deposits,
    "journal": card_calls.journals,
    "salelist": sale_calls.sale_list,
    "salecreditnotelist": sale_calls.credit_note_list,
    "sale": sale_calls.detail,
    "sale/order": sale_calls.order,
    "sale/invoice": sale_calls.invoices,
    "sale/creditnote": sale_calls.credit_notes,
    "sale/payment": sale_calls.payments,
    "purchaselist": purchase_calls.purchase_list,
    "purchasecreditnotelist": purchase_calls.credit_note_list,
    "purchase": purchase_calls.simple,
    "purchase/payment": purchase_calls.simple_payments,
    "advanced-purchase": purchase_calls.advanced,
    "advanced-purchase/payment": purchase_calls.advanced_payments,
}
NOT_FOUND_PAGE = (
    b"<!DOCTYPE html><html><head><title>Page not found</title></head><body><h1>Page not found</h1></body></html>"
)
HTML = "text/html; charset=utf-8"


class Api:
    """Answers calls to the API. Safe to use from many threads."""

    def __init__(self, account: Account, limiter: Limiter, faults: Faults, calls: CallLog) -> None:
        self.account = account
        self.limiter = limiter
        self.faults = faults
        self.calls = calls

    def answer(self, call: Call) -> Answer:
        """Answer one call and count it."""
        started = self.calls.begin()
        answer = Answer(500, b"")
        try:
            answer = self.faults.around(call, self._served)
        finally:
            self.calls.end(call, answer, started)
        return answer

    def _served(self, call: Call) -> Answer:
        try:
            answer = self._guarded(call)
        except RefusedError as refused:
            answer = Answer(refused.status, error_body(self.account.switches, refused.status, refused.text))
        if self.account.switches.on("rate_headers"):
            headers = {**answer.headers, "X-RateLimit-Remaining": str(self.limiter.remaining())}
            answer = Answer(answer.status, answer.body, answer.kind, headers, answer.cut, answer.note)
        return answer

    def _guarded(self, call: Call) -> Answer:
        endpoint = ENDPOINTS.get(call.path)
        if endpoint is None or not call.target.lower().startswith(PREFIX + "/"):
            return self._unknown(call)
        self.account.check(call)
        if not self.limiter.take():
            return self.limiter.refusal(call.path)
        if call.method != "GET":
            raise RefusedError(405, f"The requested resource does not support http method '{call.method}'.")
        with self.account.store.lock:
            return endpoint(self.account, call)

    def _unknown(self, call: Call) -> Answer:
        """An unknown path: an HTML page with status 200 or a redirect to itself (both seen live), or 404."""
        form = self.account.switches["unknown_path"]
        if form == "html":
            return Answer(200, NOT_FOUND_PAGE, HTML)
        if form == "redirect":
            return Answer(302, b"", HTML, {"Location": call.target})
        raise RefusedError(404, "Page not found")
