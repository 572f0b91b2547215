"""Things that a person does in Core's own pages; each moves the record's change stamp forward."""

from __future__ import annotations

from collections.abc import Callable

from sim_cin7core.account import Account
from sim_cin7core.person import cards, deliveries, documents, journals, money, stages, stock, tasks
from sim_cin7core.person.action import ImpossibleError
from sim_cin7core.records import JsonObject

ACTIONS: dict[str, Callable[[Account, JsonObject], JsonObject]] = {
    "create_sale": tasks.create_sale,
    "create_purchase": tasks.create_purchase,
    "void_sale": tasks.void_sale,
    "void_purchase": tasks.void_purchase,
    "edit_header": tasks.edit_header,
    "touch": tasks.touch,
    "add_invoice": documents.add_invoice,
    "add_credit_note": documents.add_credit_note,
    "edit_sale_invoice": documents.edit_sale_invoice,
    "edit_bill": documents.edit_bill,
    "undo_invoice": documents.undo_invoice,
    "authorise_invoice": documents.authorise_invoice,
    "pay": money.pay,
    "prepay": money.prepay,
    "refund": money.refund,
    "remove_payment": money.remove_payment,
    "ship": deliveries.ship,
    "edit_shipment": deliveries.edit_shipment,
    "undo_shipment": deliveries.undo_shipment,
    "receive": deliveries.receive,
    "edit_receipt": deliveries.edit_receipt,
    "undo_receipt": deliveries.undo_receipt,
    "add_manual_journal": journals.add_manual_journal,
    "add_landed_cost": journals.add_landed_cost,
    "remove_manual_journal": journals.remove_manual_journal,
    "create_journal": journals.create_journal,
    "create_adjustment": stock.create_adjustment,
    "create_stocktake": stock.create_stocktake,
    "create_write_off": stock.create_write_off,
    "create_assembly": stock.create_assembly,
    "create_disassembly": stock.create_disassembly,
    "complete_task": stages.complete,
    "undo_task": stages.undo,
    "void_task": stages.void,
    "redate_task": stages.redate,
    "create_customer": cards.create_customer,
    "rename_customer": cards.rename_customer,
    "deprecate_customer": cards.deprecate_customer,
    "create_supplier": cards.create_supplier,
    "create_product": cards.create_product,
    "edit_product": cards.edit_product,
}


def perform(account: Account, action: str, params: JsonObject) -> JsonObject:
    """Do it and show the changed record as Core would. ImpossibleError when Core would not allow it."""
    if action not in ACTIONS:
        raise ImpossibleError(f"no action {action!r}; known are {', '.join(ACTIONS)}", 404)
    with account.store.lock:
        try:
            shown = ACTIONS[action](account, params)
        except KeyError as error:
            raise ImpossibleError(f"parameter {error} is missing", 400) from error
        account.settle()
        return shown
