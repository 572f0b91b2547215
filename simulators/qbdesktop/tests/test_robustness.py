"""Whatever the table allows is answered: with an object, with a refusal, never with an accident."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import Caller, bill, sale
from sim_qbdesktop.company.kinds import LISTS, REFERENCES
from sim_qbdesktop.qbxml.grammar import Choice, Part, load
from sim_qbdesktop.qbxml.tree import Element, write
from sim_qbdesktop.qbxml.values import longest

GRAMMAR = load("requests")
NAMES = sorted(name for name in GRAMMAR.definitions if name.endswith("Rq"))
TEXTS = {
    "amt": ("1.00", "0.00", "-2.50", ""),
    "price": ("1.5", "0", ""),
    "quan": ("2", "-1", "0", ""),
    "percent": ("3", ""),
    "float": ("1.25",),
    "int": ("4", "-1"),
    "bool": ("true", "false", ""),
    "date": ("2026-11-22", "2026-01-01", ""),
    "datetime": ("2026-11-22T10:00:00", "2026-11-22", "2026-13-45"),
    "guid": ("{01234567-89ab-cdef-0123-456789abcdef}", "0"),
}
RARE = ("LinkTo", "DataExt", "CreditCard", "Group", "UnitOf", "OverrideUOM", "InventorySite", "BarCode", "Class")


class Writer:
    """Random requests that keep to the table and mostly name what there is."""

    def __init__(self, sim: Simulator, seed: int) -> None:
        self.sim = sim
        self.draws = random.Random(seed)  # noqa: S311 (reproducible on purpose)

    def element(self, name: str, type_name: str) -> Element:
        element = Element(name)
        definition = GRAMMAR.definitions.get(type_name)
        if type_name.startswith("ref"):
            self.refer(element)
        elif definition is None or definition.text:
            element.text = self.text(name, definition.text if definition else type_name)
        else:
            element.children = [child for item in definition.items for child in self.item(item)]
            self.aim(element)
        return element

    def refer(self, element: Element) -> None:
        kinds = REFERENCES.get(element.tag) or tuple(LISTS)
        there = self.sim.company.of_kinds(kinds)
        if there and self.draws.random() < 0.95:
            element.add("ListID", self.draws.choice(there).list_id)

    def text(self, name: str, type_name: str) -> str:
        if type_name in GRAMMAR.words:
            return self.draws.choice(sorted(GRAMMAR.words[type_name]))
        if name in ("TxnID", "CreditTxnID"):
            return self.draws.choice([each.txn_id for each in self.sim.company.transactions])
        if name == "TxnLineID":
            return "-1"
        return self.draws.choice(TEXTS.get(type_name, ("", "a", "Sales")))[: longest(type_name)]

    def item(self, item: Part | Choice) -> Iterator[Element]:
        rare = isinstance(item, Part) and item.name.startswith(RARE)
        if not item.needed and self.draws.random() < (0.98 if rare else 0.6):
            return
        for _ in range(self.draws.choice((1, 2)) if item.repeats else 1):
            if isinstance(item, Part):
                yield self.element(item.name, item.type)
            else:
                for each in self.draws.choice(item.rows):
                    yield from self.item(each)

    def aim(self, element: Element) -> None:
        """Give a Mod the id and the EditSequence of something that there is."""
        kind = element.tag.removesuffix("Mod")
        company = self.sim.company
        if not element.tag.endswith("Mod") or len(element.children) < 2 or element.children[1].tag != "EditSequence":
            return
        if lists := company.of_kinds((kind,)):
            entry = self.draws.choice(lists)
            element.children[0].text, element.children[1].text = entry.list_id, entry.edit_sequence
        elif papers := [each for each in company.transactions if each.kind == kind]:
            paper = self.draws.choice(papers)
            element.children[0].text, element.children[1].text = paper.txn_id, paper.edit_sequence


@pytest.mark.parametrize("seed", range(3))
def test_every_request_of_the_table_is_answered(seed: int) -> None:
    sim = Simulator(sales_tax=seed != 1, classes=seed != 0, multicurrency=seed == 2)
    qb, writer = Caller(sim), Writer(sim, seed)
    for kinds in (("Invoice", "Bill"), ("CreditMemo", "VendorCredit")):
        qb.do(sale(kind=kinds[0]))
        qb.do(bill(kind=kinds[1]))
    statuses = set()
    for name in NAMES * 2:
        answer = qb.ask(write(writer.element(name, name)))
        assert answer.tag == f"{name[:-2]}Rs"
        statuses.add(answer.attributes["statusCode"])
    assert {"0", "1", "3150", "3140"} <= statuses
