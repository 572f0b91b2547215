"""Core's own screens, as far as an address leads to one: what a person sees of a sale, a purchase or a card.

The address of a screen names the record behind ``#`` (``/SaleMultiple#ID``, seen in links that third parties print for
operators), which a browser tells no server; so the screen asks for the record with a script, as Core's does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from sim_cin7core.exchange import Answer
from sim_cin7core.records import Card, Task
from sim_cin7core.store import Store

HTML = "text/html; charset=utf-8"
RECORD = "/_sim/screens/"
_COLLECTIONS: dict[str, Callable[[Store, str], Task | Card | None]] = {
    "sale": lambda store, key: store.sales.find(key),
    "salemultiple": lambda store, key: store.sales.find(key),
    "purchase": lambda store, key: store.purchases.find(key),
    "purchaseadvanced": lambda store, key: store.purchases.find(key),
    "customer": lambda store, key: store.customers.find(key),
    "supplier": lambda store, key: store.suppliers.find(key),
    "product": lambda store, key: store.products.find(key),
}
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title></head>
<body style="font-family: sans-serif; margin: 2rem; max-width: 60rem"><p>Simulated Cin7 Core</p>{body}</body></html>"""
_ASKING = """<h1>One moment</h1><noscript>This screen needs JavaScript, as Core's own does.</noscript>
<script>location.replace("{record}{screen}/" + encodeURIComponent(location.hash.slice(1).split("~")[0]))</script>"""
_CARD_FIELDS = ("Name", "SKU", "Status", "Currency", "PaymentTerm", "TaxRule", "TaxNumber", "Comments")


def screen_of(target: str) -> str:
    """The screen that an address names, in lower case; empty where it is none."""
    name = target.partition("?")[0].strip("/").lower()
    return name if name in _COLLECTIONS else ""


def opened(screen: str) -> Answer:
    """The screen itself, which asks for the record that stands behind # in its address."""
    return Answer(200, _page("Cin7 Core", _ASKING.format(record=RECORD, screen=screen)), HTML)


def shown(store: Store, screen: str, record_id: str) -> tuple[bytes, int]:
    """One record on its screen, and the status of the answer."""
    find = _COLLECTIONS.get(screen)
    with store.lock:
        record = find(store, record_id) if find else None
        if record is None:
            return _page("Not found", "<h1>There is no such record</h1>"), 404
        title, body = _task(record) if isinstance(record, Task) else _card(record)
    return _page(title, body), 200


def _task(task: Task) -> tuple[str, str]:
    facts = {
        "With": task.party,
        "Type": task.type,
        "Reference": task.reference,
        "Date": task.date,
        "Currency": task.currency,
        "State": "Voided" if task.void else "",
    }
    documents = [
        (one.number or task.number, name, one.date, one.status.capitalize(), f"{one.total:,.2f}", f"{one.paid:,.2f}")
        for name, listed in (("Invoice", task.invoices), ("Credit note", task.credits))
        for one in listed
    ]
    headings = ("Number", "Document", "Date", "Status", f"Total ({task.currency})", f"Paid ({task.currency})")
    title = f"{task.side.capitalize()} {task.number}"
    return title, _heading(title, facts) + _table("Its documents", headings, documents)


def _card(card: Card) -> tuple[str, str]:
    title = str(card.fields.get("SKU") or card.name)
    return title, _heading(title, {name: card.fields.get(name) for name in _CARD_FIELDS})


def _heading(title: str, facts: dict[str, object]) -> str:
    told = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in facts.items() if value)
    return f"<h1>{escape(title)}</h1><dl>{told}</dl>"


def _table(caption: str, headings: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table cellpadding="6"><caption>{caption}</caption><tr>{head}</tr>{body}</table>'


def _page(title: str, body: str) -> bytes:
    return _PAGE.format(title=escape(title), body=body).encode()
