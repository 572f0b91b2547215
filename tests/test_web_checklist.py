"""The set-up of an integration as a checklist, the cut-over test, and the pages of the pilot."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import START, House, called, contact, invoice, line, payment, put
from people import OWNER, add_person
from visitors import Seen, Visitor, visitor

from hub.accounts import Sort
from hub.app import create_app
from hub.documents import Kind, TaxRate, Tracking
from hub.engine.tracking import TrackingChoices
from hub.mapping import MappingList
from hub.models import ConnectionRow, FlowMode, table
from hub.store import Store
from hub.vault import Vault
from hub.web.queries.checklist import Stand, Step, StepName, load_checklist
from hub.web.queries.cut_over import cut_over

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """Both sides read and joined, nothing else done."""
    house = called(store, vault, on=False, piloted=False)
    house.run_stock()
    house.run_ledger()
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


@pytest.fixture
def path(house: House) -> str:
    return f"/integrations/{house.integration_id}"


def steps(house: House) -> dict[str, Step]:
    with house.hub.store.read() as db:
        return {step.name.value: step for step in load_checklist(db, house.integration_id, house.clock().date()).steps}


def stands(house: House) -> dict[str, str]:
    return {name: step.stand.value for name, step in steps(house).items()}


def prepared(house: House) -> None:
    """Set up by the engine's verbs as far as the pilot."""
    house.person.confirm_others_off(house.integration_id)
    house.person.accept_suggestions(house.integration_id)
    house.person.set_mapping(house.integration_id, MappingList.PAYMENT_ACCOUNT, {"090": "090"})
    for kind in (Kind.CONTACT, Kind.INVOICE):
        house.set_flow(kind, FlowMode.REVIEW)
    put(house, contact(), invoice("i1"), invoice("i2", lines=(line(), line("5.00"))))
    house.sync()


def client_of(house: House, access: dict[int, bool]) -> Visitor:
    """Somebody who may look at these entities and change nothing."""
    return Visitor(create_app(house.hub), add_person(house.hub, "client@example.com", sort=Sort.CLIENT, access=access))


def badge(page: Seen, title: str) -> str:
    """How the page shows a step."""
    after = page.text.split(f". {title} ", 1)[1]
    return after.split(" ", 2)[1] if not after.startswith("○") else "to do"


def test_a_fresh_integration_has_only_done_what_can_be_seen_in_what_is_stored(house: House) -> None:
    found = stands(house)
    assert [name for name, stand in found.items() if stand == Stand.DONE] == ["pair", "currency"]
    assert [name for name, stand in found.items() if stand == Stand.BLOCKED] == ["pilot", "import_all"]
    assert list(found) == [name.value for name in StepName if name is not StepName.TRACKING]


@ONE_DATABASE
def test_categories_of_the_ledger_may_be_fed_and_need_not(house: House) -> None:
    house.books.tracking[:] = [Tracking(external_id="k1", name="Class", options=("North", "South"))]
    house.run_ledger()
    page = visitor(house).get(f"/integrations/{house.integration_id}/set-up")
    assert "Nothing is fed, so no document carries one." in page.text
    assert stands(house)["tracking"] == Stand.DONE
    TrackingChoices(house.person).feed(house.integration_id, {"Class": "location"}, "warn")
    assert "1 of 1 fed." in visitor(house).get(f"/integrations/{house.integration_id}/set-up").text


def test_every_step_is_done_at_the_end_of_the_way(house: House) -> None:
    prepared(house)
    person = visitor(house)
    path = f"/integrations/{house.integration_id}"
    person.follow(f"{path}/set-up/start-date", {"start_date": str(START)})
    person.follow(f"{path}/set-up/inventory", {"sure": "yes"})
    assert "2 documents chosen" in person.follow(f"{path}/pilot/choose").text
    assert "2 documents approved" in person.follow(f"{path}/pilot/post").text
    house.sync()
    for source in ("i1", "i2"):
        told = person.follow(f"{path}/pilot/judge", {"kind": "invoice", "source": source, "verdict": "right"})
    assert "the pilot is confirmed" in told.text
    flow = house.flow(Kind.INVOICE)
    assert "The flow is saved" in person.follow(f"{path}/flows/{flow.id}", {"mode": "automatic"}).text
    assert set(stands(house).values()) == {"done"}
    assert "everything is set up" in person.get(f"{path}/set-up").text


@ONE_DATABASE
def test_the_page_shows_each_step_with_its_reason_and_where_to_go(seen: Visitor, path: str) -> None:
    page = seen.get(f"{path}/set-up")
    assert page.faults == []
    assert "2 of 12 steps done; next: Other integrations are off" in page.text
    assert badge(page, "The same base currency") == "done"
    assert badge(page, "Pilot of five documents") == "blocked"
    addresses = {tag.get("href", "") for tag in page.tags("a")}
    assert {f"{path}#first-write", f"{path}/mappings/tax_rate", f"{path}/pilot"} <= addresses


@ONE_DATABASE
def test_joining_two_leads_to_the_checklist(seen: Visitor, house: House) -> None:
    rows = table(ConnectionRow)
    with house.hub.store.write() as db:
        values = {"provider": "memorystock", "account_id": "s", "name": "Another", "secrets": b"", "settings": {}}
        id = db.execute(sa.insert(rows).values(**values, wanted_why="", created_at=house.clock()).returning(rows.c.id))
        stock = str(id.scalar_one())
    form = {"stock": stock, "ledger": str(house.ledger_id), "start_date": "2026-02-01"}
    assert "Set up Another -> Books" in seen.follow("/integrations/new", form).text


def test_different_base_currencies_block(house: House) -> None:
    house.books.base_currency = "AUD"
    house.run_ledger()
    step = steps(house)["currency"]
    assert step.stand is Stand.BLOCKED
    assert "Shelf keeps its books in GBP, Books in AUD" in step.why


def test_a_side_that_lost_its_sign_in_or_was_removed_blocks(house: House) -> None:
    rows = table(ConnectionRow)
    with house.hub.store.write() as db:
        change = sa.update(rows).where(rows.c.id == house.ledger_id)
        db.execute(change.values(suspended={"code": "reconnect", "what": "No."}))
    assert "Books needs a new sign-in" in steps(house)["pair"].why
    with house.hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.id == house.stock_id).values(removed_at=house.clock()))
    assert "Shelf was removed" in steps(house)["pair"].why


def test_tax_rates_that_differ_block_and_say_how(house: House) -> None:
    reduced = TaxRate(external_id="t9", code="REDUCED", name="Reduced", percent=Decimal(15))
    house.shelf.taxes = (*house.shelf.taxes, reduced)
    house.run_stock()
    house.person.set_mapping(house.integration_id, MappingList.TAX_RATE, {"REDUCED": "STANDARD"})
    step = steps(house)["taxes"]
    assert step.stand is Stand.BLOCKED
    assert "REDUCED: 15% there, 20% here" in step.why


def test_an_account_that_documents_wait_for_is_to_do(house: House) -> None:
    prepared(house)
    put(house, invoice("i3", lines=(line(account="999"),)))
    house.sync()
    step = steps(house)["accounts"]
    assert (step.stand, step.why) == (Stand.TO_DO, "1 document held for want of a mapping.")


def test_what_the_ledger_has_already_blocks_the_first_look(house: House) -> None:
    put(house, contact(), invoice("i1", "SO-1"))
    house.books.add(Kind.INVOICE, number="SO-1", total="12.00", date="2026-02-01", mark="i1#1")
    house.person.confirm_others_off(house.integration_id)
    house.person.accept_suggestions(house.integration_id)
    house.run_stock()
    visitor(house).post(f"/integrations/{house.integration_id}/look")
    assert steps(house)["first_look"].stand is Stand.BLOCKED


def test_the_start_date_page_does_not_say_that_what_a_rule_may_leave_out_is_posted(house: House) -> None:
    prepared(house)
    text = visitor(house).get(f"/integrations/{house.integration_id}/set-up/start-date").text
    assert "Before: never posted From then on Invoices" in text
    assert "everything is posted that no other rule leaves out and nothing holds" in text


def test_another_start_date_needs_another_confirmation(house: House) -> None:
    person = visitor(house)
    path = f"/integrations/{house.integration_id}/set-up/start-date"
    assert "noted with your name" in person.follow(path, {"start_date": str(START)}).text
    assert steps(house)["start_date"].by == OWNER
    house.person.set_start_date(house.integration_id, date(2026, 2, 1))
    assert steps(house)["start_date"].stand is Stand.TO_DO


def test_a_start_date_in_the_future_is_warned_of_wherever_it_is_set_and_shown(
    seen: Visitor, house: House, path: str
) -> None:
    looked = seen.get(f"{path}/set-up/start-date?start_date=2027-01-01")
    assert "in the future: until then nothing is posted" in looked.text
    told = seen.follow(f"{path}/set-up/start-date", {"start_date": "2027-01-01"})
    assert "in the future: until then nothing is posted" in told.text
    assert steps(house)["start_date"].stand is Stand.TO_DO
    assert "in the future: until then nothing is posted" in seen.get(path).text


def test_the_cut_over_test_counts_both_sides_and_finds_what_reaches_across(house: House) -> None:
    prepared(house)
    house.set_flow(Kind.PAYMENT, FlowMode.REVIEW)
    put(house, invoice("old", date=date(2025, 12, 1)), payment("late", "old"), payment("fine", "i1"))
    put(house, payment("lost", "never read"))
    house.sync()
    with house.hub.store.read() as db:
        found = cut_over(db, house.stock_id, START)
    assert {(count.kind, count.before, count.after) for count in found.counts} == {
        ("invoice", 1, 2),
        ("payment", 0, 3),
    }
    assert found.straddling == len(found.examples) == 2
    page = visitor(house).get(f"/integrations/{house.integration_id}/set-up/start-date")
    assert page.faults == []
    assert "2 payments and refunds from 2026-01-01 on are against documents that are older" in page.text


@ONE_DATABASE
def test_another_start_date_can_be_tried_before_it_is_chosen(seen: Visitor, house: House, path: str) -> None:
    prepared(house)
    page = seen.get(f"{path}/set-up/start-date?start_date=2026-02-15")
    assert "Invoices 2 0" in page.text
    assert "Post from 2026-02-15 on" in page.text
    assert house.hub.integration(house.integration_id).start_date == START
    wrong = seen.post(f"{path}/set-up/start-date", {"start_date": "soon"})
    assert wrong.status == 422
    assert "Nothing was saved yet." in wrong.text
    assert "Please enter a date" in wrong.text
    tried = seen.get(f"{path}/set-up/start-date?start_date=soon")
    assert tried.status == 422
    assert f"No other date was looked at: below is what {START} divides." in tried.text
    assert "saved" not in tried.text


@ONE_DATABASE
def test_the_inventory_method_is_explained_and_confirmed(seen: Visitor, path: str) -> None:
    page = seen.get(f"{path}/set-up/inventory")
    assert page.faults == []
    assert "The method is periodic" in page.text
    assert "Nothing was noted" in seen.follow(f"{path}/set-up/inventory").text
    seen.follow(f"{path}/set-up/inventory", {"sure": "yes"})
    assert f"{OWNER} confirmed the periodic method" in seen.get(f"{path}/set-up/inventory").text


@ONE_DATABASE
def test_automatic_is_locked_until_the_pilot_is_settled(seen: Visitor, house: House, path: str) -> None:
    prepared(house)
    page = seen.get(path)
    assert page.faults == []
    assert "Automatic unlocks with the pilot of five documents" in page.text
    assert "disabled" in next(tag for tag in page.tags("option") if tag.get("value") == "automatic")
    flow = house.flow(Kind.INVOICE)
    assert "Post the pilot first" in seen.follow(f"{path}/flows/{flow.id}", {"mode": "automatic"}).text


@ONE_DATABASE
def test_the_pilots_page_shows_what_was_chosen_and_what_became_of_it(seen: Visitor, house: House, path: str) -> None:
    prepared(house)
    assert "Nothing is chosen yet" in seen.get(f"{path}/pilot").text
    page = seen.follow(f"{path}/pilot/choose")
    assert page.faults == []
    assert "the largest invoice" in page.text
    assert "Post these 2" in page.text
    seen.follow(f"{path}/pilot/post")
    house.sync()
    page = seen.get(f"{path}/pilot")
    assert page.faults == []
    assert "N-i2 (Open, 18.00)" in page.text
    wrong = {"kind": "invoice", "source": "i2", "verdict": "wrong"}
    assert "Say what is wrong" in seen.follow(f"{path}/pilot/judge", wrong).text
    told = seen.follow(f"{path}/pilot/judge", {**wrong, "note": "the tax"})
    assert f"wrong: the tax, {OWNER}" in told.text
    assert steps(house)["pilot"].stand is Stand.BLOCKED
    assert "right or wrong" in seen.follow(f"{path}/pilot/judge", {**wrong, "verdict": ""}).text


@ONE_DATABASE
def test_a_pilot_without_documents_says_what_to_do(seen: Visitor, path: str) -> None:
    page = seen.follow(f"{path}/pilot/choose")
    assert "No document could be posted yet" in page.text
    assert "nothing to send" in seen.follow(f"{path}/pilot/post").text


@ONE_DATABASE
def test_the_pilot_is_skipped_with_a_typed_reason_on_a_page_of_its_own(seen: Visitor, house: House, path: str) -> None:
    page = seen.post(f"{path}/pilot/skip", {"reason": " "})
    assert page.status == 422
    assert page.faults == []
    assert "Say why there is no pilot" in page.text
    assert "Skipped: an old set-up" in seen.follow(f"{path}/pilot/skip", {"reason": "an old set-up"}).text
    assert steps(house)["pilot"].stand is Stand.DONE


@ONE_DATABASE
@pytest.mark.parametrize("page", ["set-up", "set-up/start-date", "set-up/inventory", "pilot", "pilot/skip"])
def test_pages_of_an_integration_that_is_not_there_are_not_found(seen: Visitor, page: str) -> None:
    assert seen.get(f"/integrations/9999/{page}").status == 404


@ONE_DATABASE
def test_a_client_without_rights_sees_how_far_it_is_and_changes_nothing(house: House, path: str) -> None:
    prepared(house)
    access = {house.stock_id: True, house.ledger_id: True}
    client = client_of(house, access)
    shown = (path, f"{path}/set-up", f"{path}/set-up/start-date", f"{path}/set-up/inventory", f"{path}/pilot")
    entity = f"/connections/{house.stock_id}"
    for page in (*shown, f"{path}/mappings/account", f"{path}/mappings/default", entity, f"{entity}/next"):
        found = client.get(page)
        assert (page, found.status, found.faults) == (page, 200, [])
        sent = {form["action"] for form in found.tags("form") if form.get("method") == "post" and "action" in form}
        sent.discard("/integrations/switch")  # whose pages are shown is everybody's own
        assert not {address for address in sent if address.startswith(("/integrations", "/connections"))}, page
    for page in (f"{path}/pilot/choose", f"{path}/pilot/post", f"{path}/set-up/inventory", f"{entity}/test"):
        assert client.post(page).status == 403


@ONE_DATABASE
def test_somebody_without_access_to_both_sides_finds_no_set_up(house: House, path: str) -> None:
    access = {house.stock_id: True, house.ledger_id: False}
    client = client_of(house, access)
    for page in ("set-up", "pilot", "mappings/try", "mappings/account"):
        assert client.get(f"{path}/{page}").status == 404
