"""The contract, kept by the providers in memory; and broken ones, to see that it notices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from houses import contact, invoice, item, journal, line, payment, trade
from pydantic import BaseModel, Field

from hub.documents import Allocation, Bill, CreditNote, Document, Kind, Refund, SupplierCredit
from hub.providers import Facts, Feed, Operation, Organisation, Page, Payload, Provider, Role, Session, Want
from hub.testing import Books, MemoryLedger, MemoryStock, VisitingLedger
from hub.testing.contract import ProviderContract
from hub.testing.memory import ACCOUNTS, TAXES, LedgerSession, Shelf, StockSession
from hub.testing.talk import Poster, Reply
from hub.testing.visiting import reply


def ledger_facts() -> Facts:
    return Facts(
        organisation=Organisation(id="books", name="Books Ltd", base_currency="GBP"),
        accounts={account.code: account for account in ACCOUNTS},
        taxes={tax.code: tax for tax in TAXES},
    )


def allocation() -> Allocation:
    return Allocation(
        external_id="a1",
        credit_kind=Kind.CREDIT_NOTE,
        credit_id="k1",
        document_kind=Kind.INVOICE,
        document_id="i1",
        date=date(2026, 2, 1),
        amount=Decimal("2.00"),
        currency="GBP",
    )


def one_of_each() -> dict[Kind, Document]:
    bought = (line(account="310"),)
    refund = payment("f1", "k1", "1.00").model_dump(exclude={"kind"}) | {"document_kind": Kind.CREDIT_NOTE}
    documents: list[Document] = [
        contact(),
        item(),
        invoice(),
        trade(Bill, "b1", lines=bought),
        trade(CreditNote, "k1"),
        trade(SupplierCredit, "s1", lines=bought),
        payment(amount="5.00"),
        Refund(**refund),
        allocation(),
        journal(),
    ]
    return {document.kind: document for document in documents}


def filled() -> Books:
    """Books in which a person has made a contact and an item."""
    books = Books()
    books.add(Kind.CONTACT, name="Theirs")
    books.add(Kind.ITEM, code="COFFEE", name="Coffee")
    return books


class TestMemoryStock(ProviderContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return MemoryStock(Shelf())

    @pytest.fixture
    def session(self) -> Session:
        shelf = Shelf()
        shelf.put("c1", contact())
        for number in range(45):
            shelf.put(f"sale-{number}", invoice(f"i{number}"), payment(f"pay{number}", f"i{number}"))
        return StockSession(shelf)


class TestMemoryLedger(ProviderContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return MemoryLedger(Books())

    @pytest.fixture
    def session(self) -> Session:
        return LedgerSession(filled())

    @pytest.fixture
    def facts(self) -> Facts:
        return ledger_facts()

    @pytest.fixture
    def samples(self) -> Mapping[Kind, Document]:
        return one_of_each()


class TestVisitingLedger(TestMemoryLedger):
    @pytest.fixture
    def provider(self) -> Provider:
        return VisitingLedger(Books())

    @pytest.fixture
    def reply(self) -> Reply:
        books = filled()
        return lambda question: reply(books, question)


# -- broken providers --------------------


class Unnamed(BaseModel):
    api_key: str = ""


class Open(BaseModel):
    """Its address may be read by anybody, its token may not."""

    token_url: str = Field(default="", title="Where tokens are given out")
    token: str = Field(default="", title="Token")


class Forgetful(LedgerSession):
    """Finds nothing by its mark."""

    def look(self, operations: Sequence[Operation]) -> Mapping[int, Any]:
        return {one.id: [] for one in operations}


class Endless(LedgerSession):
    """Never says how far it came."""

    def pull(self, want: Want) -> Iterator[Page]:
        yield Page()


class Restless(StockSession):
    """Says something else each time."""

    turn = 0

    def pull(self, want: Want) -> Iterator[Page]:
        Restless.turn += 1
        self.shelf.put("c1", contact(name=f"Name {Restless.turn}"))
        return super().pull(want)


class Counting(MemoryLedger):
    """Renders something else each time."""

    turn = 0

    def render(self, operations: Sequence[Operation], facts: Facts) -> Payload:
        Counting.turn += 1
        return Payload("write", str(Counting.turn).encode())


class Careless(Provider):
    """A ledger with every fault that can be seen without a call."""

    name = "careless"
    title = "Careless"
    role = Role.LEDGER
    writes = MemoryLedger.writes
    settings = Unnamed
    feeds = (Feed("organisation", frozenset()), Feed("organisation", frozenset()), Feed("nothing", frozenset()))
    skips = {"test_of_nothing": "because"}


CONTRACT = ProviderContract()


def broken(session: LedgerSession, provider: Provider | None = None) -> Poster:
    return Poster(provider or MemoryLedger(Books()), session, ledger_facts())


def test_a_look_that_finds_nothing_is_noticed() -> None:
    with pytest.raises(AssertionError):
        CONTRACT.test_a_look_finds_by_mark_what_was_made(broken(Forgetful(filled())), one_of_each())


def test_a_pull_without_a_watermark_is_noticed() -> None:
    with pytest.raises(AssertionError):
        CONTRACT.test_a_pull_ends_with_a_watermark(MemoryLedger(Books()), Endless(filled()))


def test_a_fingerprint_that_changes_by_itself_is_noticed() -> None:
    with pytest.raises(AssertionError):
        CONTRACT.test_a_second_pull_shows_the_same_fingerprints(MemoryStock(), Restless(Shelf()))


def test_a_rendering_that_is_not_pure_is_noticed() -> None:
    with pytest.raises(AssertionError):
        CONTRACT.test_rendering_is_pure(broken(LedgerSession(filled()), Counting(Books())), one_of_each())


def test_a_secret_stored_openly_is_noticed_and_an_address_is_none() -> None:
    class Blabbing(Provider):
        settings = Open

    with pytest.raises(AssertionError, match="token is stored openly"):
        CONTRACT.test_every_setting_has_a_title_and_secrets_are_secret(Blabbing())


@pytest.mark.parametrize(
    "test",
    [
        CONTRACT.test_every_setting_has_a_title_and_secrets_are_secret,
        CONTRACT.test_every_skip_names_a_test_and_says_why,
        CONTRACT.test_feeds_have_names_of_their_own_and_one_tells_the_organisation,
        CONTRACT.test_a_ledger_lists_what_planning_needs,
    ],
)
def test_a_careless_declaration_is_noticed(test: Any) -> None:
    with pytest.raises(AssertionError):
        test(Careless())
