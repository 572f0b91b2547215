"""A visit of QuickBooks Desktop that finds nothing to do costs the same, however much was posted before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from desktop_worlds import DesktopModels, DesktopWorld
from houses import invoice, line
from sim_qbdesktop import person
from statements import counting

from hub.documents import Contact, Document


@pytest.fixture(scope="module")
def desktops(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[DesktopModels]:
    models = DesktopModels(tmp_path_factory.mktemp("rest"), sqlite_template, lambda: None)
    yield models
    models.close()


def put(world: DesktopWorld, document: Document) -> None:
    world.records[f"r-{document.external_id}"] = {document.external_id: document}
    world.save(f"r-{document.external_id}")


def post(world: DesktopWorld, count: int) -> None:
    """A customer and so many invoices, and then a person's change of one of them, which is the last one."""
    put(world, Contact(external_id="c1", name="Buyer c1", is_customer=True))
    for number in range(count):
        sold = line("20.00", tax_code="NONE", percent=0)
        put(world, invoice(f"i{number}", lines=(sold,), currency="USD", date=date(2026, 2, 1)))
    world.run_stock()
    world.run_ledger()
    assert len(world.house.links()) == count + 1
    world.run_ledger()
    entry = next(one for one in world.simulator.company.transactions if one.kind == "Invoice")
    person.act(world.simulator.quickbooks, "edit", {"id": entry.txn_id, "changes": {"PONumber": "7"}})
    for _ in range(3):
        world.run_ledger()


def statements_of_a_visit(world: DesktopWorld) -> int:
    """How many statements the hub makes while the Web Connector visits."""
    with counting() as asked:
        world.run_ledger()
    visit = world.simulator.connector.visits[-1]
    assert visit.outcome == "done"
    assert not any("MessageSetID" in exchange.request for exchange in visit.exchanges)
    return len(asked)


def test_a_visit_with_nothing_to_do_makes_as_many_statements_whatever_was_posted(desktops: DesktopModels) -> None:
    counted = []
    for invoices in (2, 210):
        with desktops.world() as world:
            post(world, invoices)
            counted.append(statements_of_a_visit(world))
    few, many = counted
    assert few == many
    assert many <= 1250
