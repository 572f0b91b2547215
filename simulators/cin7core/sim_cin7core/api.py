"""The API front: faults, keys, budget and the table of endpoints, in the order in which a call meets them."""

from __future__ import annotations

from collections.abc import Callable

from sim_cin7core import book_calls, card_calls, purchase_calls, sale_calls, stock_calls
from sim_cin7core.account import Account
from sim_cin7core.calls import CallLog
from sim_cin7core.errors import error_body
from sim_cin7core.exchange import PREFIX, Answer, Call, RefusedError
from sim_cin7core.faults import Faults
from sim_cin7core.limits import Limiter
from sim_cin7core.stock_records import ADJUSTMENT, ASSEMBLY, DISASSEMBLY, STOCKTAKE, WRITE_OFF

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
    "ref/productavailability": book_calls.availability,
    "journal": book_calls.journals,
    "transactions": book_calls.transactions,
    "stockadjustmentlist": stock_calls.list_of(ADJUSTMENT),
    "stockadjustment": stock_calls.detail_of(ADJUSTMENT),
    "stocktakelist": stock_calls.list_of(STOCKTAKE),
    "stocktake": stock_calls.detail_of(STOCKTAKE),
    "finishedgoodslist": stock_calls.list_of(ASSEMBLY),
    "finishedgoods": stock_calls.detail_of(ASSEMBLY),
    "disassemblylist": stock_calls.list_of(DISASSEMBLY),
    "disassembly": stock_calls.detail_of(DISASSEMBLY),
    "inventorywriteofflist": stock_calls.list_of(WRITE_OFF),
    "inventorywriteoff": stock_calls.detail_of(WRITE_OFF),
    "salelist": sale_calls.sale_list,
    "salecreditnotelist": sale_calls.credit_note_list,
    "sale": sale_calls.detail,
    "sale/order": sale_calls.order,
    "sale/invoice": sale_calls.invoices,
    "sale/creditnote": sale_calls.credit_notes,
    "sale/payment": sale_calls.payments,
    "sale/manualjournal": sale_calls.manual_journal,
    "purchaselist": purchase_calls.purchase_list,
    "purchasecreditnotelist": purchase_calls.credit_note_list,
    "purchase": purchase_calls.simple,
    "purchase/payment": purchase_calls.simple_payments,
    "purchase/manualjournal": purchase_calls.simple_manual_journal,
    "advanced-purchase": purchase_calls.advanced,
    "advanced-purchase/payment": purchase_calls.advanced_payments,
    "advanced-purchase/manualjournal": purchase_calls.advanced_manual_journals,
}
ENDINGS: dict[str, Endpoint] = {
    "sale": sale_calls.void,
    "purchase": purchase_calls.void_simple,
    "advanced-purchase": purchase_calls.void_advanced,
    "journal": book_calls.end_journal,
    "stockadjustment": stock_calls.void_of(ADJUSTMENT),
    "stocktake": stock_calls.void_of(STOCKTAKE),
    "finishedgoods": stock_calls.void_of(ASSEMBLY),
    "disassembly": stock_calls.void_of(DISASSEMBLY),
    "inventorywriteoff": stock_calls.void_of(WRITE_OFF),
}
"""What DELETE voids or undoes; nothing else is written over the API here."""
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
        if call.method == "DELETE" and call.path in ENDINGS:
            endpoint = ENDINGS[call.path]
        elif call.method != "GET":
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
