"""What becomes of the retail and purchase data; the data itself is read again here, independently."""

from __future__ import annotations

import csv
import lzma
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
import sim_cin7core
from sim_cin7core import Client, Simulator, Sources
from sim_cin7core.records import EMPTY_ID

DATA = Path(sim_cin7core.__file__).parent / "data"
HEADER = "invoice,stockcode,description,quantity,invoice_date,unit_price,customer_id,country\n"


def truth_of_the_data() -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    with lzma.open(DATA / "online_retail_2010-12.csv.xz", "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            amount = Decimal(row["quantity"]) * Decimal(row["unit_price"])
            totals[row["invoice"]] += amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return totals


def details(client: Client, path: str = "saleList", key: str = "SaleList") -> list[dict[str, Any]]:
    return [client.sale(row["SaleID"]) for row in client.rows(path, key)]


def load(tmp_path: Path, *lines: str, repeat: int = 1) -> Simulator:
    file = tmp_path / "data.csv"
    file.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return Simulator(Sources(data=file, repeat=repeat))


def test_every_document_of_the_data_is_there_once_with_its_total(december: Client) -> None:
    shown = details(december) + [
        sale for sale in details(december, "saleCreditNoteList") if sale["Type"] == "Credit Note"
    ]
    found: dict[str, Decimal] = {}
    for sale in shown:
        for invoice in sale["Invoices"]:
            found[invoice["InvoiceNumber"]] = Decimal(str(invoice["Total"]))
        for credit in sale["CreditNotes"]:
            found[credit["CreditNoteNumber"]] = -Decimal(str(credit["Total"]))
    assert found == dict(truth_of_the_data())
    assert len(found) == 2025


def test_line_totals_add_up_to_the_totals_of_every_document(december: Client) -> None:
    for sale in details(december):
        for document in (*sale["Invoices"], *sale["CreditNotes"]):
            parts = [*document["Lines"], *document["AdditionalCharges"]]
            summed = sum((Decimal(str(part["Total"])) for part in parts), Decimal(0))
            assert summed == Decimal(str(document["Total"])) == Decimal(str(document["TotalBeforeTax"]))


def test_the_admin_state_agrees_with_the_data(december: Client) -> None:
    documents = december.ask("/_sim/state").json["documents"]
    totals = truth_of_the_data()
    invoices = sum(total for number, total in totals.items() if not number.startswith("C"))
    credited = -sum(total for number, total in totals.items() if number.startswith("C"))
    assert Decimal(documents["sale_invoice"]["GBP"]["total"]) == invoices
    assert Decimal(documents["sale_credit_note"]["GBP"]["total"]) == credited


def test_nothing_is_paid_or_refunded_beyond_what_is_due(december: Client) -> None:
    for sale in details(december):
        for invoice in sale["Invoices"]:
            assert 0 <= invoice["Paid"] <= max(invoice["Total"], 0)
        for credit in sale["CreditNotes"]:
            assert sum(refund["Amount"] for refund in credit["Refunds"]) <= credit["Total"]


def test_a_credit_note_goes_into_the_invoice_that_covers_it(tmp_path: Path) -> None:
    lines = (
        "1,A,Apple,5,2010-12-01T08:00:00,2.00,7,United Kingdom",
        "C2,A,Apple,-3,2010-12-02T08:00:00,2.00,7,United Kingdom",
        "C3,A,Apple,-3,2010-12-03T08:00:00,2.00,7,United Kingdom",
    )
    with load(tmp_path, *lines) as simulator:
        client = Client(simulator)
        (sale,) = details(client)
        (credit,) = sale["CreditNotes"]
        assert (credit["CreditNoteNumber"], credit["CreditNoteInvoiceNumber"], credit["Total"]) == (
            "C2",
            "1",
            6,
        )
        assert credit["Lines"][0]["Quantity"] == 3
        alone = [row for row in client.rows("saleCreditNoteList", "SaleList") if row["Type"] == "Credit Note"]
        assert [row["CreditNoteNumber"] for row in alone] == ["C3"]
        assert client.sale(alone[0]["SaleID"])["Invoices"] == []


def test_a_sale_without_a_customer_has_an_empty_customer(tmp_path: Path) -> None:
    with load(tmp_path, "1,A,Apple,1,2010-12-01T08:00:00,2.00,,United Kingdom") as simulator:
        (sale,) = details(Client(simulator))
    assert (sale["CustomerID"], sale["Customer"], sale["SourceChannel"]) == (EMPTY_ID, "", "Web shop")


def test_negative_quantities_and_zero_prices_stay_and_half_a_penny_rounds_up(tmp_path: Path) -> None:
    lines = (
        "1,A,damaged,-4,2010-12-01T08:00:00,0.0,,United Kingdom",
        "1,BOW,Bow,1,2010-12-01T08:00:00,0.125,,United Kingdom",
    )
    with load(tmp_path, *lines) as simulator:
        (sale,) = details(Client(simulator))
    (invoice,) = sale["Invoices"]
    assert [(line["Quantity"], line["Total"]) for line in invoice["Lines"]] == [(-4, 0), (1, 0.13)]
    assert invoice["Lines"][0]["Name"] == "damaged"


def test_codes_that_differ_by_letter_case_are_one_product(tmp_path: Path) -> None:
    lines = (
        "1,85123A,Heart,1,2010-12-01T08:00:00,2.00,7,France",
        "1,85123a,Heart,1,2010-12-01T08:00:00,2.00,7,France",
    )
    with load(tmp_path, *lines) as simulator:
        client = Client(simulator)
        (sale,) = details(client)
        products = client.rows("product", "Products")
    first, second = sale["Invoices"][0]["Lines"]
    assert (first["SKU"], second["SKU"]) == ("85123A", "85123a")
    assert first["ProductID"] == second["ProductID"] == products[0]["ID"]
    assert len(products) == 1


def test_codes_that_are_no_goods_are_services_billed_as_charges(tmp_path: Path) -> None:
    lines = (
        "1,POST,POSTAGE,1,2010-12-01T08:00:00,18.00,7,France",
        "1,A,Apple,1,2010-12-01T08:00:00,2.00,7,France",
    )
    with load(tmp_path, *lines) as simulator:
        client = Client(simulator)
        (invoice,) = details(client)[0]["Invoices"]
        kinds = {row["SKU"]: row["Type"] for row in client.rows("product", "Products")}
    assert [(charge["Description"], charge["Account"]) for charge in invoice["AdditionalCharges"]] == [
        ("POSTAGE", "260")
    ]
    assert [line["SKU"] for line in invoice["Lines"]] == ["A"]
    assert kinds == {"POST": "Service", "A": "Stock"}


def test_an_even_invoice_of_a_british_customer_is_paid_a_week_later(tmp_path: Path) -> None:
    lines = [f"{number},A,Apple,10,2010-12-01T08:00:00,2.00,7,United Kingdom" for number in (10, 11, 12)]
    with load(tmp_path, *lines) as simulator:
        invoices = {sale["Invoices"][0]["InvoiceNumber"]: sale["Invoices"][0] for sale in details(Client(simulator))}
    assert {number: invoice["Paid"] for number, invoice in invoices.items()} == {"10": 10, "11": 0, "12": 20}
    (payment,) = invoices["12"]["Payments"]
    assert (payment["DatePaid"], payment["Account"]) == ("2010-12-08T00:00:00", "090")
    assert invoices["12"]["Status"] == "PAID"


def test_loading_again_gives_the_same_identities_and_repeating_gives_others(tmp_path: Path) -> None:
    line = "1,A,Apple,1,2010-12-01T08:00:00,2.00,7,United Kingdom"
    ids = []
    for repeat in (1, 2):
        with load(tmp_path, line, repeat=repeat) as simulator:
            ids.append(
                [(row["SaleID"], row["InvoiceNumber"]) for row in Client(simulator).rows("saleList", "SaleList")]
            )
    assert ids[1][0] == ids[0][0]
    assert [number for _, number in ids[1]] == ["1", "1-2"]
    assert len({sale_id for sale_id, _ in ids[1]}) == 2


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="missing columns: invoice"):
        Simulator(Sources(data=file))


def test_purchases_add_up_with_tax_and_freight_as_charges(december: Client) -> None:
    rows = december.rows("purchaseList", "PurchaseList")
    assert len(rows) == 223
    for row in rows[:40]:
        purchase = december.ask("advanced-purchase", ID=row["ID"]).json
        billed = sum(Decimal(str(bill["Total"])) for bill in purchase["Invoice"])
        if purchase["Invoice"]:
            assert billed == Decimal(str(purchase["Order"]["Total"]))
        charges = {charge["Description"] for charge in purchase["Order"]["AdditionalCharges"]}
        assert {"Freight", "Sales tax charged by the supplier"} <= charges


def test_purchases_come_in_all_types_currencies_and_states(december: Client) -> None:
    rows = december.rows("purchaseList", "PurchaseList")
    assert {row["Type"] for row in rows} == {"Simple Purchase", "Advanced Purchase", "Service Purchase"}
    assert {row["SupplierCurrency"] for row in rows} == {"GBP", "USD"}
    assert {"VOIDED", "AUTHORISED", "NOT AVAILABLE"} <= {row["InvoiceStatus"] for row in rows}
    credited = december.rows("purchaseCreditNoteList", "PurchaseList")
    assert credited
    assert all(not row["LastUpdatedDate"].endswith("Z") for row in credited)


def test_suppliers_number_their_bills_independently(december: Client) -> None:
    rows = [row for row in december.rows("purchaseList", "PurchaseList") if row["InvoiceNumber"] == "1001"]
    assert len({row["SupplierID"] for row in rows}) == len(rows) > 1
