"""Joining two connections, switching flows, rules and mappings."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, invoice, line, put
from people import OWNER
from visitors import Shop, Visitor, visitor

from hub.documents import Kind, PaymentMethod
from hub.mapping import MappingList
from hub.models import ConnectionRow, FlowMode, Integration, MappingRow, table
from hub.store import Store
from hub.vault import Vault

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    house = called(store, vault, on=False)
    house.run_stock()
    house.run_ledger()
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


@pytest.fixture
def path(house: House) -> str:
    return f"/integrations/{house.integration_id}"


def mapped(house: House) -> dict[tuple[str, str], str]:
    rows = table(MappingRow)
    with house.hub.store.read() as db:
        return {(row.list, row.source_code): row.target_code for row in db.execute(sa.select(rows))}


def another_stock(house: House, currency: str) -> int:
    shop = Shop()
    house.hub.providers[shop.name] = shop
    rows = table(ConnectionRow)
    organisation = {"id": "s", "name": "S", "base_currency": currency}
    with house.hub.store.write() as db:
        values = {"provider": "shop", "account_id": "s", "name": "Another", "secrets": house.hub.vault.seal({})}
        more = {"settings": {}, "organisation": organisation, "created_at": house.clock(), "wanted_why": ""}
        return int(db.execute(sa.insert(rows).values(**values, **more).returning(rows.c.id)).scalar_one())


def test_two_connections_are_joined_from_a_start_date(seen: Visitor, house: House) -> None:
    stock = another_stock(house, "GBP")
    form = {"stock": str(stock), "ledger": str(house.ledger_id), "start_date": "2026-02-01", "name": "Second"}
    assert "Every flow is off" in seen.follow("/integrations/new", form).text
    with house.hub.store.read() as db:
        row = db.execute(sa.select(table(Integration)).where(table(Integration).c.name == "Second")).one()
    assert row.start_date == date(2026, 2, 1)


def test_different_base_currencies_are_not_joined_and_the_form_is_kept(seen: Visitor, house: House) -> None:
    stock = another_stock(house, "AUD")
    form = {"stock": str(stock), "ledger": str(house.ledger_id), "start_date": "2026-02-01", "name": "Second"}
    page = seen.post("/integrations/new", form)
    assert page.status == 422
    assert page.faults == []
    assert "AUD and GBP" in page.text
    assert (page.value("name"), page.value("start_date")) == ("Second", "2026-02-01")


def test_a_stock_system_can_not_be_chosen_as_the_ledger(seen: Visitor, house: House) -> None:
    form = {"stock": str(house.ledger_id), "ledger": str(house.stock_id), "start_date": "tomorrow"}
    page = seen.post("/integrations/new", form)
    assert page.status == 422
    assert page.text.count("Please choose one of the list.") >= 2
    assert "Please enter a date such as 2025-07-01." in page.text


def test_no_flow_is_switched_on_before_the_others_are_confirmed_off(seen: Visitor, house: House, path: str) -> None:
    flow = house.flow(Kind.INVOICE)
    page = seen.follow(f"{path}/flows/{flow.id}", {"mode": "automatic", "post_as": "draft"})
    assert "Confirm first that every other integration" in page.text
    assert house.flow(Kind.INVOICE).mode == "off"
    assert "Nothing was noted" in seen.follow(f"{path}/others-off").text
    assert f"{OWNER} confirmed" in seen.follow(f"{path}/others-off", {"sure": "yes"}).text
    seen.follow(f"{path}/flows/{flow.id}", {"mode": "automatic", "post_as": "draft"})
    changed = house.flow(Kind.INVOICE)
    assert (changed.mode, changed.post_as, changed.update_approved) == ("automatic", "draft", False)


def test_a_flow_refuses_what_is_not_in_the_list(seen: Visitor, house: House, path: str) -> None:
    house.person.confirm_others_off(house.integration_id)
    flow = house.flow(Kind.INVOICE)
    for form in ({"mode": "always"}, {"mode": "review", "post_as": "voided"}, {}):
        assert "Please choose one of the list." in seen.follow(f"{path}/flows/{flow.id}", form).text
    assert house.flow(Kind.INVOICE).mode == "off"


def found_already(house: House, **changes: str) -> str:
    """An invoice on the shelf that somebody else posted."""
    put(house, contact(), invoice("i1", "SO-1"))
    theirs = {"number": "SO-1", "total": "12.00", "date": "2026-02-01", "mark": "i1#1"}
    target = house.books.add(Kind.INVOICE, **{**theirs, **changes})
    house.run_stock()
    house.person.confirm_others_off(house.integration_id)
    house.person.accept_suggestions(house.integration_id)
    return target


def test_a_flow_whose_documents_are_in_the_ledger_stays_off_and_shows_them(
    seen: Visitor, house: House, path: str
) -> None:
    found_already(house)
    flow = house.flow(Kind.INVOICE)
    page = seen.follow(f"{path}/flows/{flow.id}", {"mode": "automatic"})
    assert page.faults == []
    assert "1 of the newest invoices is in Books already" in page.text
    assert "Invoices: 1 document found in the ledger already" in page.text
    assert "SO-1 SO-1 (Open) 2026-02-01 12.00 no Adopt SO-1" in page.text
    assert house.flow(Kind.INVOICE).mode == "off"
    assert "Invoices of Shelf -> Books : 1 document found in the ledger already" in seen.get("/").text


def test_what_was_found_is_adopted_by_a_button(seen: Visitor, house: House, path: str) -> None:
    target = found_already(house)
    flow = house.flow(Kind.INVOICE)
    assert "Invoices: 1 document found" in seen.follow(f"{path}/look").text
    decided = f"{path}/flows/{flow.id}/adopt"
    assert "Adopted: the two are linked" in seen.follow(decided, {"source": "i1", "target": target}).text
    assert "decided about this document meanwhile" in seen.follow(decided, {"source": "i1", "target": target}).text
    assert "The flow is saved" in seen.follow(f"{path}/flows/{flow.id}", {"mode": "automatic"}).text
    assert [row.target_id for row in house.links()] == [target]


def test_what_differs_is_adopted_with_a_tick(seen: Visitor, house: House, path: str) -> None:
    target = found_already(house, total="13.00")
    flow = house.flow(Kind.INVOICE)
    page = seen.follow(f"{path}/look")
    assert page.faults == []
    assert "Adopt all" not in page.text
    assert "total 13.00" in page.text
    form = {"source": "i1", "target": target}
    assert "Confirm that it is the same" in seen.follow(f"{path}/flows/{flow.id}/adopt", form).text
    assert "Adopted" in seen.follow(f"{path}/flows/{flow.id}/adopt", {**form, "sure": "yes"}).text


def test_all_that_match_are_adopted_and_one_is_excluded_by_buttons(seen: Visitor, house: House, path: str) -> None:
    found_already(house)
    put(house, invoice("i2", "SO-2"))
    house.books.add(Kind.INVOICE, number="SO-2", total="1.00", date="2026-02-01", mark="i2#1")
    house.run_stock()
    flow = house.flow(Kind.INVOICE)
    assert "Adopt all invoices that match exactly" in seen.follow(f"{path}/look").text
    assert "1 document adopted" in seen.follow(f"{path}/flows/{flow.id}/adopt-exact").text
    excluded = f"{path}/flows/{flow.id}/exclude"
    assert "Say why" in seen.follow(excluded, {"source": "i2", "reason": ""}).text
    assert "Excluded" in seen.follow(excluded, {"source": "i2", "reason": "theirs"}).text
    assert house.flow(Kind.INVOICE).hits == []
    assert [(row.state, row.reason) for row in house.operations()] == [("dropped", "theirs")]


def test_flows_of_another_integration_are_not_decided_about(seen: Visitor, house: House, path: str) -> None:
    for verb in ("adopt", "adopt-exact", "exclude"):
        assert seen.post(f"{path}/flows/9999/{verb}").status == 404


def test_a_look_that_finds_nothing_says_so(seen: Visitor, house: House, path: str) -> None:
    put(house, contact(), invoice("i1", "SO-1"))
    house.run_stock()
    text = seen.follow(f"{path}/look").text
    assert "Invoices: none found." in text
    assert "Invoices: none found, looked for 2026-03-01" in text
    assert "Bills: not looked for, since there is nothing to look for yet." in text


def test_looking_before_the_ledger_was_read_is_explained(store: Store, vault: Vault) -> None:
    house = called(store, vault, on=False)
    page = visitor(house).follow(f"/integrations/{house.integration_id}/look")
    assert "has not been read completely yet" in page.text


def test_the_start_date_is_moved(seen: Visitor, house: House, path: str) -> None:
    bad = seen.post(f"{path}/start-date", {"start_date": "31/12/2025"})
    assert (bad.status, bad.faults) == (422, [])
    seen.follow(f"{path}/start-date", {"start_date": "2026-02-15"})
    assert house.hub.integration(house.integration_id).start_date == date(2026, 2, 15)


def test_rules_are_saved_within_their_limits(seen: Visitor, house: House, path: str) -> None:
    good = {"conflict_policy": "ledger", "safety_floor": "5", "safety_percent": "50", "rounding_limit_cents": "2"}
    bad = seen.post(f"{path}/rules", {**good, "safety_percent": "101"})
    assert bad.status == 422
    assert bad.value("safety_floor") == "5"
    seen.follow(f"{path}/rules", good)
    row = house.hub.integration(house.integration_id)
    assert (row.conflict_policy, row.safety_floor, row.safety_percent, row.rounding_limit_cents) == ("ledger", 5, 50, 2)


# -- mappings ------------------------------------------------------------------------------------------------------


def test_codes_are_shown_with_their_state_and_suggestion(seen: Visitor, path: str) -> None:
    page = seen.get(f"{path}/mappings/account")
    assert page.faults == []
    assert "Suggested" in page.text
    assert "same code and name" in page.text
    assert "purchases, since the method is periodic" in page.text


def test_all_suggestions_are_accepted_at_once(seen: Visitor, house: House, path: str) -> None:
    assert "suggestions accepted" in seen.follow(f"{path}/mappings/accept", {"where": "tax_rate"}).text
    assert mapped(house)["account", "630"] == "310"
    assert mapped(house)["tax_rate", "STANDARD"] == "STANDARD"
    assert "accepted" not in seen.get(f"{path}/mappings/account").text


def test_one_suggestion_is_used_and_what_was_typed_beside_it_is_saved(seen: Visitor, house: House, path: str) -> None:
    form = {"source": ["200", "310", "630"], "target": ["", "310", ""], "use": "200\t200"}
    assert "2 mappings saved" in seen.follow(f"{path}/mappings/account", form).text
    assert mapped(house) == {("account", "200"): "200", ("account", "310"): "310"}


def test_removing_a_mapping_says_removed(seen: Visitor, house: House, path: str) -> None:
    both = {"source": ["200", "310"], "target": ["200", "310"]}
    seen.follow(f"{path}/mappings/account", both)
    answer = seen.follow(f"{path}/mappings/account", {**both, "target": ["", "310"]})
    assert "1 mapping removed." in answer.text
    assert "saved" not in answer.text
    answer = seen.follow(f"{path}/mappings/account", {**both, "target": ["200", ""]})
    assert "1 mapping saved. 1 mapping removed." in answer.text
    assert "No mapping was changed." in seen.follow(f"{path}/mappings/account", {**both, "target": ["200", ""]}).text


def test_a_code_the_ledger_does_not_have_is_refused_and_kept_in_the_form(
    seen: Visitor, house: House, path: str
) -> None:
    page = seen.post(f"{path}/mappings/account", {"source": ["200", "310"], "target": ["<nope>", "310"]})
    assert page.status == 422
    assert page.faults == []
    assert "<nope>" in [tag.get("value") for tag in page.tags("input")]
    assert mapped(house) == {}


def test_lines_are_not_booked_to_a_bank_account_and_nobody_is_asked_for_the_stock_systems_own(
    seen: Visitor, path: str
) -> None:
    page = seen.post(f"{path}/mappings/account", {"source": ["200"], "target": ["090"]})
    assert "is a bank account: lines of documents can't be booked to it." in page.text
    assert "Ledger code for 090" not in seen.get(f"{path}/mappings/account").html


def test_a_ledger_without_payment_methods_shows_no_list_of_them(seen: Visitor, path: str) -> None:
    for page in ("mappings/payment_account", "mappings/default", "mappings/tracking"):
        assert "Payment accounts" in seen.get(f"{path}/{page}").text
        assert "Payment methods" not in seen.get(f"{path}/{page}").text


def test_an_account_gets_its_payment_method_and_one_without_needs_no_look(
    seen: Visitor, house: House, path: str
) -> None:
    house.books.payment_methods = [PaymentMethod(external_id=name, name=name) for name in ("Bank", "Cash")]
    house.hub.run(house.ledger_id)
    page = seen.get(f"{path}/mappings/payment_method")
    assert page.faults == []
    assert "One without a method is posted without" in page.text
    assert "Payment methods" in seen.get(f"{path}/mappings/tracking").text
    assert "Use Bank for 090" in page.text
    assert "Add it to the ledger" not in page.text
    refused = seen.post(f"{path}/mappings/payment_method", {"source": ["090"], "target": ["Gold"]})
    assert "The ledger has no payment method 'Gold' to use here." in refused.text
    seen.follow(f"{path}/mappings/payment_method", {"source": ["090"], "target": ["Cash"]})
    assert mapped(house) == {("payment_method", "090"): "Cash"}
    told = seen.follow(f"{path}/mappings/payment_method", {"source": ["090"], "target": [""]}).text
    assert "1 mapping removed. What is not posted yet goes without." in told
    house.books.payment_methods = [PaymentMethod(external_id="Cash", name="Cash")]
    house.hub.run(house.ledger_id)
    left = seen.get(f"{path}/mappings/payment_method").text
    assert "Left out" in left
    assert "0 that need a look" in left


def test_payments_only_go_to_accounts_that_take_them(seen: Visitor, house: House, path: str) -> None:
    page = seen.post(f"{path}/mappings/payment_account", {"source": ["090"], "target": ["200"]})
    assert "Account 200 takes no payments" in page.text
    seen.follow(f"{path}/mappings/payment_account", {"source": ["090"], "target": ["090"]})
    assert mapped(house) == {("payment_account", "090"): "090"}


def test_an_emptied_input_removes_a_mapping(seen: Visitor, house: House, path: str) -> None:
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"200": "200"})
    seen.follow(f"{path}/mappings/account", {"source": ["200"], "target": [""]})
    assert mapped(house) == {}


def test_a_code_that_documents_wait_for_is_listed_with_their_number(seen: Visitor, house: House, path: str) -> None:
    house.person.confirm_others_off(house.integration_id)
    house.person.accept_suggestions(house.integration_id)
    for kind in (Kind.CONTACT, Kind.INVOICE):
        house.set_flow(kind, FlowMode.REVIEW)
    put(house, contact(), invoice(lines=(line(account="999"),)))
    house.sync()
    assert "1 document waits for it" in seen.get(f"{path}/mappings/account").text


def test_rates_that_differ_are_told(seen: Visitor, house: House, path: str) -> None:
    house.person.set_mapping(house.integration_id, MappingList.TAX_RATE, {"STANDARD": "NONE", "NONE": "GONE"})
    text = seen.get(f"{path}/mappings/tax_rate").text
    assert "Rates differ 20% there, 0% here" in text
    assert "Missing in the ledger" in text


def test_defaults_are_chosen_from_the_ledgers_lists(seen: Visitor, house: House, path: str) -> None:
    bad = seen.post(f"{path}/mappings/default", {"source": ["sale_tax"], "target": ["200"]})
    assert (bad.status, bad.faults) == (422, [])
    form = {"source": ["sale_account", "rounding_account"], "target": ["200", "860"]}
    seen.follow(f"{path}/mappings/default", form)
    assert mapped(house)["default", "rounding_account"] == "860"
    page = seen.post(f"{path}/mappings/default", {"source": ["sale_contact", "made up"], "target": ["200", "1"]})
    assert page.status == 422


def test_the_default_contact_is_searched_for(seen: Visitor, house: House, path: str) -> None:
    house.person.confirm_others_off(house.integration_id)
    house.set_flow(Kind.CONTACT)
    put(house, contact("c1", "Walk-in <customer>"), contact("c2", "Acme"))
    house.sync()
    house.run_ledger()
    page = seen.get(f"{path}/mappings/default/contact?text=walk")
    assert page.faults == []
    assert "Walk-in <customer>" in page.text
    assert "Acme" not in page.text
    chosen = page.value("contact")
    assert "posted to Walk-in <customer>" in seen.follow(f"{path}/mappings/default/contact", {"contact": chosen}).text
    assert mapped(house)["default", "sale_contact"] == chosen
    assert "no longer in the ledger" in seen.follow(f"{path}/mappings/default/contact", {"contact": "gone"}).text
    seen.follow(f"{path}/mappings/default/contact", {})
    assert ("default", "sale_contact") not in mapped(house)


def test_a_mapping_with_another_spelling_is_changed_not_doubled(seen: Visitor, house: House, path: str) -> None:
    house.person.set_mapping(house.integration_id, MappingList.TAX_RATE, {"standard": "NONE"})
    seen.follow(f"{path}/mappings/tax_rate", {"source": ["STANDARD"], "target": ["STANDARD"]})
    assert mapped(house) == {("tax_rate", "standard"): "STANDARD"}


def test_unknown_lists_are_not_found(seen: Visitor, path: str) -> None:
    answers: list[Any] = [seen.get(f"{path}/mappings/nothing"), seen.post(f"{path}/mappings/nothing")]
    assert [answer.status for answer in answers] == [404, 404]
