"""Against the simulator: an independent reading of Core's documentation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.request import Request, urlopen

import pytest
from hub_cin7core.feeds import FEEDS

from hub import Document, Kind, Record, Session, Status, TradeDocument, Want

sim_cin7core = pytest.importorskip("sim_cin7core")

Connect = Callable[..., Session]
FEED = {feed.name: feed for feed in FEEDS}
TASK_FEEDS = ("sales", "sale_credits", "purchases", "purchase_credits")


@pytest.fixture
def simulator() -> Iterator[Any]:
    with sim_cin7core.Simulator() as made:
        yield made


def admin(simulator: Any, page: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{simulator.root}/_sim/{page}", data, {"Content-Type": "application/json"})  # noqa: S310
    with urlopen(request) as answer:  # noqa: S310
        return json.load(answer, parse_float=Decimal)


def open_simulator(simulator: Any, connect: Connect, **options: Any) -> Session:
    return connect(simulator.url, account_id=simulator.account_id, application_key=simulator.key, **options)


def records(session: Session, *feeds: str, cursor: str | None = None) -> list[Record]:
    wants = [Want(FEED[feed], cursor) for feed in feeds or TASK_FEEDS]
    return [record for want in wants for page in session.pull(want) for record in page.records]


def documents(session: Session, *feeds: str) -> list[Document]:
    return [document for record in records(session, *feeds) for document in record.documents]


def of_kind(session: Session, kind: Kind, *feeds: str) -> list[Any]:
    return [document for document in documents(session, *feeds) if document.kind is kind]


TOLD_AS = {
    "sale_invoice": Kind.INVOICE,
    "sale_credit_note": Kind.CREDIT_NOTE,
    "bill": Kind.BILL,
    "supplier_credit_note": Kind.SUPPLIER_CREDIT,
}
MONEY_TOLD_AS = {"sale_payment": "sales", "sale_refund": "sales", "purchase_payment": "purchases"}


def test_a_whole_month_adds_up_to_the_cent_and_to_the_last_document(connect: Connect) -> None:
    with sim_cin7core.Simulator(sim_cin7core.Sources()) as simulator:
        session = open_simulator(simulator, connect)
        found = {feed: records(session, feed) for feed in TASK_FEEDS}
        told = admin(simulator, "state")["documents"]
    everything = [record for part in found.values() for record in part]
    assert [record.problem for record in everything if record.problem] == []
    every: list[Any] = [document for record in everything for document in record.documents]
    trade = [one for one in every if isinstance(one, TradeDocument)]
    assert {one.label: list(one.differences()) for one in trade if list(one.differences())} == {}
    for name, kind in TOLD_AS.items():
        for currency, sums in told[name].items():
            mine = [
                one.total
                for one in trade
                if (one.kind, one.currency, one.status) == (kind, currency, Status.AUTHORISED)
            ]
            assert (name, len(mine), sum(mine, Decimal(0))) == (name, sums["count"], Decimal(sums["total"]))
    for name, feed in MONEY_TOLD_AS.items():
        kind = Kind.REFUND if name.endswith("refund") else Kind.PAYMENT
        amounts = [one.amount for record in found[feed] for one in record.documents if one.kind is kind]  # type: ignore[attr-defined]
        assert (len(amounts), sum(amounts, Decimal(0))) == (
            sum(sums["count"] for sums in told[name].values()),
            sum((Decimal(sums["total"]) for sums in told[name].values()), Decimal(0)),
        )


def make_some_of_everything(simulator: Any) -> None:
    """A paid sale, a credited one, one with two invoices, a stand-alone credit, and purchases of each type."""
    paid = sim_cin7core.new_sale(simulator, "Acme", items=[("BREAD", 10, "2.50")])
    simulator.person("pay", id=paid.id)
    credited = sim_cin7core.new_sale(simulator, "Bolt", items=[("BREAD", 3, "3.333"), ("CAKE", 1, "0")])
    line = {"sku": "BREAD", "quantity": 1, "price": "3.333"}
    simulator.person("add_credit_note", id=credited.id, lines=[line])
    simulator.person("add_credit_note", id=credited.id, lines=[line])
    twice = sim_cin7core.new_sale(simulator, "Acme", items=[("CAKE", 2, "5")], type="Advanced Sale")
    simulator.person("add_invoice", id=twice.id, lines=[{"sku": "CAKE", "quantity": 1, "price": "5"}])
    inclusive = {"tax_calculation": "Inclusive", "tax_rule": "20% (VAT on Income)"}
    sim_cin7core.new_sale(simulator, "Cosy", items=[("BREAD", 7, "1.99"), ("CAKE", 3, "0.99")], **inclusive)
    sim_cin7core.new_sale(simulator, "Dash", items=[("BREAD", 7, "1.99")], tax_rule="20% (VAT on Income)")
    sim_cin7core.new_sale(simulator, "Early", items=[("BREAD", 1, "1")], invoice=False)
    alone = sim_cin7core.new_sale(simulator, "Acme", items=[("CAKE", 2, "5")], type="Credit Note")
    assert alone.credits
    for supplier, sort in (("Carlton", "Simple Purchase"), ("Delta", "Advanced Purchase")):
        bought = sim_cin7core.new_purchase(simulator, supplier, items=[("BREAD", 10, "1.10")], type=sort)
        simulator.person("pay", id=bought.id, amount="2")
        simulator.person("add_credit_note", id=bought.id, lines=[{"sku": "BREAD", "quantity": 1, "price": "1.10"}])


def fingerprints(found: list[Document]) -> set[tuple[str, str, str]]:
    assert len({(one.kind, one.external_id) for one in found}) == len(found)
    return {(one.kind.value, one.external_id, one.fingerprint()) for one in found}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("list_order", "updated"),
        ("list_order", "updated_desc"),
        ("purchase_credit_stamp_zone", "on"),
        ("sale_invoice_paid_status", "off"),
        ("bill_paid_status", "on"),
        ("simple_purchase_misspelt_number", "off"),
        ("standalone_credits_in_sale_list", "on"),
        ("credit_note_rows", "per_credit_note"),
        ("received_in_put_away", "on"),
        ("updated_since", "at_or_after"),
    ],
)
def test_what_the_documentation_leaves_open_changes_no_document(
    simulator: Any, connect: Connect, name: str, value: str
) -> None:
    make_some_of_everything(simulator)
    session = open_simulator(simulator, connect)
    before = fingerprints(documents(session))
    simulator.switch(name, value)
    assert fingerprints(documents(session)) == before
    assert len({kind for kind, _, _ in before}) == 7


@pytest.mark.parametrize("status", ["400", "500"])
@pytest.mark.parametrize("lists", ["429", "503"])
def test_a_pull_under_the_limit_reads_everything_once(
    simulator: Any, connect: Connect, slept: list[float], status: str, lists: str
) -> None:
    make_some_of_everything(simulator)
    simulator.switch("throttle_status", lists)
    simulator.switch("throttle_purchase_status", status)
    free = fingerprints(documents(open_simulator(simulator, connect)))
    admin(simulator, "limits", {"enabled": True, "per_minute": 4, "minute": 60, "refresh": True})
    session = open_simulator(
        simulator, connect, rest=lambda seconds: admin(simulator, "limits", {"refresh": True}), parallel=2
    )
    assert fingerprints(documents(session)) == free
    assert sum(slept) >= 60


def test_the_life_of_an_invoice_stays_one_document(simulator: Any, connect: Connect) -> None:
    session = open_simulator(simulator, connect)
    sale = sim_cin7core.new_sale(simulator, items=[("BREAD", 10, "2.50")])

    def invoice() -> Any:
        (found,) = of_kind(session, Kind.INVOICE, "sales")
        return found

    made = invoice()
    simulator.person("undo_invoice", id=sale.id)
    undone = invoice()
    simulator.person("edit_sale_invoice", id=sale.id, line=0, price="3.00", authorise=True)
    again = invoice()
    simulator.person("pay", id=sale.id)
    paid = invoice()
    assert [one.status for one in (made, undone, again)] == [Status.AUTHORISED, Status.DRAFT, Status.AUTHORISED]
    assert made.external_id == undone.external_id == again.external_id
    assert (made.total, again.total) == (Decimal("25.00"), Decimal("30.00"))
    assert paid.fingerprint() == again.fingerprint()
    simulator.person("remove_payment", id=sale.id)
    simulator.person("void_sale", id=sale.id)
    assert invoice().status is Status.VOIDED


def test_a_change_is_found_by_the_cursor_and_an_unchanged_list_costs_one_call(simulator: Any, connect: Connect) -> None:
    session = open_simulator(simulator, connect)
    sales = [sim_cin7core.new_sale(simulator, f"Customer {number}") for number in range(3)]
    pages = list(session.pull(Want(FEED["sales"])))
    stamps = {record.id: record.stamp for page in pages for record in page.records}
    watermark = pages[-1].watermark

    def changed() -> list[str]:
        want = Want(FEED["sales"], watermark, known=lambda ids: {one: stamps[one] for one in ids if one in stamps})
        return [record.id for page in session.pull(want) for record in page.records]

    before = admin(simulator, "calls")["total"]
    assert changed() == []
    assert admin(simulator, "calls")["total"] == before + 1
    simulator.person("pay", id=sales[1].id)
    assert changed() == [sales[1].id]


def test_one_odd_record_is_told_and_the_others_go_on(simulator: Any, connect: Connect) -> None:
    sales = [sim_cin7core.new_sale(simulator, f"Customer {number}") for number in range(3)]
    fault = {
        "kind": "odd_record",
        "path": "sale\\?",
        "params": {"id": sales[1].id, "field": "Invoices.0.Total", "value": "twelve"},
    }
    admin(simulator, "faults", fault)
    found = {record.id: record for record in records(open_simulator(simulator, connect), "sales")}
    problem = found[sales[1].id].problem
    assert problem and problem.why == "Total is not a number: 'twelve'"
    assert [len(found[sale.id].documents) for sale in (sales[0], sales[2])] == [1, 1]


def test_the_page_that_a_document_leads_to_is_there(simulator: Any, connect: Connect) -> None:
    sim_cin7core.new_sale(simulator, "Acme", items=[("BREAD", 10, "2.50")])
    sim_cin7core.new_purchase(simulator, "Mill", items=[("FLOUR", 4, "1.25")])
    session = open_simulator(simulator, connect)
    found = documents(session, "customers", "suppliers", "products", *TASK_FEEDS)
    addresses = {document.source_url for document in found if document.source_url}
    assert len(addresses) >= 6
    for address in addresses:
        page, _, id = address.partition("#")
        with urlopen(page) as answer:  # noqa: S310
            asking = answer.read().decode()
        record = asking.partition('location.replace("')[2].partition('"')[0] + id
        with urlopen(f"{simulator.root}{record}") as answer:  # noqa: S310
            assert "<h1>" in answer.read().decode()
