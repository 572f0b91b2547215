"""Adding an account to the ledger's chart: once, whatever gets lost, and mapped at once."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called, contact, invoice, line, put, visiting
from visitors import visitor

from hub.documents import Kind
from hub.engine.account_making import AccountMaking, Made, WantedAccount
from hub.engine.facts import load_chart
from hub.errors import RejectedError, SettingsError, UnsureError
from hub.models import AuditEvent, FlowMode, table
from hub.store import Store
from hub.testing import Books, MemoryLedger
from hub.testing.books import Fault
from hub.testing.memory import LedgerSession
from hub.vault import Vault

FREIGHT = WantedAccount("425", "Freight", "EXPENSE")


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault)


def create(house: House, wanted: WantedAccount = FREIGHT) -> Made:
    return AccountMaking(house.hub, "bookkeeper").create(house.integration_id, wanted)


def codes(house: House) -> list[str]:
    """What was added to the ledger's chart."""
    return [account.code for account in house.books.accounts]


def test_an_account_is_added_and_can_be_mapped_to_at_once(house: House) -> None:
    made = create(house)
    assert (made.was_there, codes(house)) == (False, ["425"])
    with house.hub.store.read() as db:
        assert load_chart(db, house.ledger_id).accounts["425"].name == "Freight"
    rows = table(AuditEvent)
    with house.hub.store.read() as db:
        event = db.execute(sa.select(rows).where(rows.c.what == "added the account")).one()
    assert (event.actor, event.subject) == ("bookkeeper", "425 Freight")


def test_the_account_stays_when_the_ledgers_list_is_read_again(house: House) -> None:
    create(house)
    house.run_ledger()
    with house.hub.store.read() as db:
        assert "425" in load_chart(db, house.ledger_id).accounts


def test_after_a_lost_answer_it_is_looked_for_and_not_added_again(house: House) -> None:
    house.books.faults = [Fault.LOST_ANSWER]
    assert create(house).account.code == "425"
    assert codes(house) == ["425"]


def test_a_request_that_never_arrived_says_so_and_is_tried_again_by_a_person(house: House) -> None:
    house.books.faults = [Fault.LOST_REQUEST]
    with pytest.raises(UnsureError):
        create(house)
    assert codes(house) == []
    create(house)
    assert codes(house) == ["425"]


def test_pressing_twice_adds_it_once(house: House) -> None:
    create(house)
    assert create(house).was_there is True
    assert codes(house) == ["425"]


def test_who_is_quicker_between_the_look_and_the_write_is_believed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quicker(session: Any, wanted: Any) -> Any:
        session.books.accounts.append(wanted.model_copy(update={"external_id": "theirs"}))
        raise RejectedError("code 425 is taken")

    monkeypatch.setattr(LedgerSession, "create_account", quicker)
    made = create(house)
    assert (made.was_there, made.account.external_id) == (True, "theirs")


def test_a_code_of_another_account_is_refused(house: House) -> None:
    with pytest.raises(SettingsError, match="has an account 200 already: Sales"):
        create(house, WantedAccount("200", "Freight", "EXPENSE"))
    assert codes(house) == []


@pytest.mark.parametrize("wanted", [WantedAccount("1", "x", "BANK"), WantedAccount(" ", "x", "SALES")])
def test_what_the_ledger_can_not_add_is_not_asked_for(house: House, wanted: WantedAccount) -> None:
    with pytest.raises(SettingsError):
        create(house, wanted)
    assert codes(house) == []


def test_a_ledger_that_visits_us_or_offers_no_sort_adds_nothing(
    store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = visiting(store, vault, on=False)
    assert AccountMaking(house.hub, "x").types(house.integration_id) == ()
    monkeypatch.setattr(MemoryLedger, "account_types", ())
    assert MemoryLedger(Books()).account_types == ()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_document_that_waits_goes_once_its_account_was_added_by_a_click(house: House) -> None:
    house.set_flow(Kind.CONTACT, FlowMode.AUTOMATIC)
    put(house, contact(), invoice("i1", lines=(line(account="425"),)))
    house.sync()
    seen = visitor(house)
    base = f"/integrations/{house.integration_id}/mappings/account"
    listed = seen.get(base)
    address = next(tag["href"] for tag in listed.tags("a") if tag.get("href", "").endswith("source=425"))
    page = seen.get(address)
    assert page.faults == []
    assert page.value("code") == "425"
    assert [tag["value"] for tag in page.tags("option")][-2:] == ["SALES", "EXPENSE"]
    form = {"source": "425", "code": "425", "name": "Freight", "type": "EXPENSE"}
    assert "425 Freight is in the ledger now, and 425 is mapped to it" in seen.follow(f"{base}/new-account", form).text
    house.sync()
    assert [row.state for row in house.operations(kind="invoice") if row.state != "replaced"] == ["done"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_form_keeps_what_was_typed_when_the_ledger_refuses(house: House) -> None:
    seen = visitor(house)
    base = f"/integrations/{house.integration_id}/mappings/account/new-account"
    page = seen.post(base, {"source": "425", "code": "200", "name": "Freight", "type": "EXPENSE"})
    assert page.status == 422
    assert page.faults == []
    assert page.value("code") == "200"
    assert "has an account 200 already" in page.text
    assert seen.post(base, {"source": "425", "code": "", "name": "x", "type": "EXPENSE"}).status == 422
    assert seen.get(f"/integrations/{house.integration_id}/mappings/tax_rate/new-account?source=1").status == 404
