"""The plain loop that the hub is compared with: one invoice a call, with Xero's official client, one thread.

Contacts and items are there already. It reads nothing, plans nothing, stores nothing and recovers from nothing.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from typing import Any

from xero_python.accounting import (  # type: ignore[import-untyped]
    AccountingApi,
    Contact,
    CurrencyCode,
    Invoice,
    Invoices,
    LineAmountTypes,
    LineItem,
)
from xero_python.api_client import ApiClient, Configuration  # type: ignore[import-untyped]
from xero_python.api_client.oauth2 import OAuth2Token  # type: ignore[import-untyped]

FAR_FUTURE = 4_000_000_000
TAX_MODES = {
    "exclusive": LineAmountTypes.EXCLUSIVE,
    "inclusive": LineAmountTypes.INCLUSIVE,
    "no_tax": LineAmountTypes.NOTAX,
}


def main() -> None:
    """Read what to post from standard input, post it, and tell how long it took."""
    told = json.load(sys.stdin)
    api, tenant = _api(told["url"], told["tokens"]), told["tenant"]
    started, used = time.perf_counter(), time.process_time()
    for document in told["documents"]:
        made = api.create_invoices(tenant, Invoices(invoices=[_invoice(document)]), unitdp=4)
        if len(made.invoices) != 1 or made.invoices[0].status == "ERROR":
            raise SystemExit(f"{document['number']} was not made")
    sys.stdout.write(json.dumps({"seconds": time.perf_counter() - started, "cpu": time.process_time() - used}))


def _api(url: str, tokens: dict[str, Any]) -> AccountingApi:
    kept = {name: tokens[name] for name in ("access_token", "refresh_token", "expires_in", "token_type", "id_token")}
    holder = {**kept, "scope": tokens["scope"].split(), "expires_at": FAR_FUTURE}
    client = ApiClient(
        Configuration(oauth2_token=OAuth2Token(client_id="bench", client_secret="bench")),  # noqa: S106 - a simulator's
        oauth2_token_getter=lambda: holder,
        oauth2_token_saver=holder.update,
    )
    return AccountingApi(client, base_url=f"{url}/api.xro/2.0")


def _invoice(document: dict[str, Any]) -> Invoice:
    return Invoice(
        type="ACCREC",
        status="AUTHORISED",
        invoice_number=f"SDK-{document['number']}",
        reference=document["reference"],
        contact=Contact(contact_id=document["contact_id"]),
        date=date.fromisoformat(document["date"]),
        due_date=date.fromisoformat(document["due_date"]),
        currency_code=CurrencyCode(document["currency"]),
        line_amount_types=TAX_MODES[document["tax_mode"]],
        line_items=[_line(line) for line in document["lines"]],
    )


def _line(line: dict[str, Any]) -> LineItem:
    optional = {"item_code": line["item_code"]} if line["item_code"] else {}
    return LineItem(
        description=line["description"] or line["item_code"] or "-",
        quantity=float(line["quantity"]),
        unit_amount=float(line["unit_price"]),
        line_amount=float(line["amount"]),
        tax_amount=float(line["tax_amount"]),
        tax_type=line["tax_code"],
        account_code=line["account"],
        **optional,
    )


if __name__ == "__main__":
    main()
