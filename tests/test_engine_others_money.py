"""Payments that somebody entered in the ledger: ours is not posted beside them unasked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from furnishing import set_up_once
from houses import House, called, contact, invoice, payment, put, trade

from hub.documents import Allocation, CreditNote, Kind
from hub.engine.others_money import tell_apart
from hub.store import Store
from hub.vault import Vault


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """An invoice of 12.00 is in the ledger."""
    house = called(store, vault)
    put(house, contact(), invoice())
    house.sync()
    return house


def paid_there(house: House, amount: str) -> str:
    """Somebody enters a payment in the ledger."""
    (link,) = [one for one in house.links() if one.kind == Kind.INVOICE]
    return house.books.add(Kind.PAYMENT, document=link.target_id, amount=amount)


def paid(house: House) -> Decimal:
    (entry,) = [one for one in house.books.live() if one.kind is Kind.INVOICE]
    return entry.paid


def held(house: House) -> list[Any]:
    return house.operations(state="held")


def test_a_payment_that_may_be_in_the_ledger_already_is_not_posted_beside_it(house: House) -> None:
    paid_there(house, "5.00")
    put(house, payment(amount="5.00"))
    house.sync()
    assert paid(house) == Decimal("5.00")
    [problem] = [one.problem for one in held(house)]
    assert problem["code"] == "maybe_paid_already"
    assert problem["what"].startswith("5.00 GBP was paid or credited on ")
    assert "this payment of 5.00 GBP:" in problem["why"]


def test_a_larger_payment_than_others_made_is_another_one(house: House) -> None:
    paid_there(house, "3.00")
    put(house, payment(amount="5.00"))
    house.sync()
    assert paid(house) == Decimal("8.00")


def test_a_person_tells_the_two_apart_and_ours_is_posted(house: House) -> None:
    paid_there(house, "5.00")
    put(house, payment(amount="5.00"))
    house.sync()
    assert tell_apart(house.person, [one.id for one in held(house)]) == 1
    house.sync()
    assert paid(house) == Decimal("10.00")
    assert held(house) == []


def test_what_was_told_apart_does_not_cover_money_that_comes_later(house: House) -> None:
    paid_there(house, "3.00")
    put(house, payment("pay1", amount="3.00"))
    house.sync()
    tell_apart(house.person, [one.id for one in held(house)])
    house.sync()
    paid_there(house, "2.00")
    put(house, payment("pay2", amount="2.00"))
    house.sync()
    assert paid(house) == Decimal("8.00")
    assert [one.source_id for one in held(house)] == ["pay2"]


def test_it_goes_by_itself_when_the_other_payment_is_taken_back(house: House) -> None:
    theirs = paid_there(house, "5.00")
    put(house, payment(amount="5.00"))
    house.sync()
    house.books.void(theirs)
    house.sync()
    assert held(house) == []
    assert paid(house) == Decimal("5.00")


def test_our_own_payments_are_nobody_elses(house: House) -> None:
    put(house, payment("pay1", amount="4.00"))
    house.sync()
    put(house, payment("pay2", amount="4.00"), payment("pay3", amount="4.00"))
    house.sync()
    assert (paid(house), held(house)) == (Decimal("12.00"), [])


def test_our_payment_that_somebody_took_back_there_is_no_longer_counted_as_ours(house: House) -> None:
    put(house, payment("pay1", amount="4.00"))
    house.sync()
    (ours,) = [one for one in house.links() if one.kind == Kind.PAYMENT]
    house.books.void(ours.target_id)
    paid_there(house, "4.00")
    put(house, payment("pay2", amount="4.00"))
    house.sync()
    assert [one.source_id for one in held(house)] == ["pay2"]


def test_a_credit_that_found_nothing_due_is_used_when_somebody_takes_their_payment_back(house: House) -> None:
    theirs = paid_there(house, "12.00")
    use = Allocation(
        external_id="a1",
        credit_kind=Kind.CREDIT_NOTE,
        credit_id="k1",
        document_kind=Kind.INVOICE,
        document_id="i1",
        date=date(2026, 2, 1),
        amount=Decimal("12.00"),
        currency="GBP",
    )
    put(house, trade(CreditNote, "k1"), use)
    house.sync()
    assert not [one for one in house.books.live() if one.kind is Kind.ALLOCATION]
    house.books.void(theirs)
    house.sync()
    assert [one.total for one in house.books.live() if one.kind is Kind.ALLOCATION] == [Decimal("12.00")]
