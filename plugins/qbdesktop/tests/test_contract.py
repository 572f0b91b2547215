"""The contract of every provider, against the simulator of QuickBooks Desktop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import desktop_samples as samples
import pytest
from desktop_machine import Reply, of_type, read, visitor
from hub_qbdesktop import connectors, feeds
from hub_qbdesktop.provider import QuickBooksProvider
from sim_qbdesktop import Simulator

from hub import Action, Document, Facts, Kind, Payment, Provider, Want
from hub.testing.contract import ProviderContract
from hub.testing.talk import Poster, VisitTalk


def sample_documents(facts: Facts) -> dict[Kind, Document]:
    sales, cost = of_type(facts, "Income"), of_type(facts, "CostOfGoodsSold", "Expense")
    bank, stock = of_type(facts, "Bank"), of_type(facts, "OtherCurrentAsset")
    sold = samples.line("12.50", account=sales, tax_code="Non")
    bought = samples.line("7.10", account=cost, tax_code="In cost", tax="0.50")
    lines = tuple(
        replaced.model_copy(update={"account": code, "tracking": ()})
        for replaced, code in zip(samples.journal().lines, (cost, stock), strict=True)
    )
    return {
        Kind.CONTACT: samples.contact("Contract One Ltd"),
        Kind.ITEM: samples.item("CONTRACT", sale_account=sales, purchase_account=cost),
        Kind.INVOICE: samples.trade(Kind.INVOICE, sold, external_id="i1", number="CT-1"),
        Kind.CREDIT_NOTE: samples.trade(Kind.CREDIT_NOTE, sold, external_id="cn1", number="CT-2"),
        Kind.BILL: samples.trade(Kind.BILL, bought, external_id="b1", number="CT-3"),
        Kind.SUPPLIER_CREDIT: samples.trade(Kind.SUPPLIER_CREDIT, bought, external_id="sc1", number="CT-4"),
        Kind.PAYMENT: samples.payment(amount="5.00", account=bank),
        Kind.REFUND: samples.refund(amount="2.50", account=bank),
        Kind.ALLOCATION: samples.allocation(),
        Kind.JOURNAL: samples.journal(lines=lines, number="CT-5"),
    }


class TestContract(ProviderContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return QuickBooksProvider()

    @pytest.fixture
    def reply(self, sim: Simulator) -> Reply:
        return visitor(sim)

    @pytest.fixture
    def facts(self, provider: Provider, reply: Reply) -> Facts:
        """The ledger's own lists; the vendor is there already, for a sample contact is one of them."""
        facts = read(reply)
        assert provider.visit is not None
        # A message set of its own: QuickBooks carries out each id once.
        vendor = Poster(
            provider, VisitTalk(provider.visit, lambda asked: reply(asked.replace(b'00001"', b'99999"'))), facts
        )
        vendor.post(samples.vendor("Contract Imports"))
        return vendor.facts

    @pytest.fixture
    def samples(self, facts: Facts) -> Mapping[Kind, Document]:
        return sample_documents(facts)


def test_a_bill_is_paid_by_check_and_the_check_is_voided(sim: Simulator) -> None:
    reply, provider = visitor(sim), QuickBooksProvider()
    facts = read(reply)
    assert provider.visit is not None
    poster = Poster(provider, VisitTalk(provider.visit, reply), facts)
    documents = sample_documents(facts)
    poster.post(samples.vendor("Contract Imports"))
    poster.post(documents[Kind.BILL])
    paid = samples.payment(Kind.BILL, amount="5.00", account=of_type(facts, "Bank"))
    state = poster.post(paid)
    assert state.target_id.startswith("check:")
    bill = poster.operation(documents[Kind.BILL], Action.UPDATE)
    asked = replace(bill, target_id=poster.targets[Kind.BILL, "b1"])
    assert poster.talk.look([asked])[asked.id][0].status == "part_paid"
    [outcome] = poster.send([poster.operation(paid, Action.VOID, state)])
    assert outcome.problem is None
    assert poster.talk.look([asked])[asked.id][0].status == "open"
    assert isinstance(paid, Payment)


def test_sales_tax_comes_out_as_predicted(sim: Simulator) -> None:
    reply, provider = visitor(sim), QuickBooksProvider()
    facts = read(reply)
    assert provider.visit is not None
    poster = Poster(provider, VisitTalk(provider.visit, reply), facts)
    poster.post(samples.contact("Contract One Ltd"))
    code, rate = next((code, rate) for code, rate in facts.taxes.items() if rate.percent)
    tax = (rate.percent * 100 / 100).quantize(samples.line().amount.normalize().quantize(samples.line().amount))
    line = samples.line("100.00", account=of_type(facts, "Income"), tax_code=code, tax=str(tax))
    document = samples.trade(Kind.INVOICE, line, number="TAX-1")
    state = poster.post(document)
    assert state.total == document.total


def test_the_owner_id_of_the_file_is_the_one_that_is_asked_for(sim: Simulator) -> None:
    assert connectors.OWNER_ID.encode() in feeds.ask(Want(feeds.FEEDS[0]), connectors.OWNER_ID)


def test_a_long_list_is_read_page_by_page_without_a_gap(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    reply, visit = visitor(sim), QuickBooksProvider.visit
    assert visit is not None
    [feed] = [each for each in feeds.FEEDS if each.name == "items"]
    whole = [record.id for page in VisitTalk(visit, reply).pull(Want(feed)) for record in page.records]
    monkeypatch.setattr(feeds, "PAGE", 2)
    pages = list(VisitTalk(visit, reply).pull(Want(feed)))
    assert len(pages) > 2
    assert sorted(record.id for page in pages for record in page.records) == sorted(whole)
