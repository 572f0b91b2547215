"""The audit: what everybody did, found again, kept from who may not know it, and exported."""

from __future__ import annotations

import csv
from datetime import timedelta

import pytest
from furnishing import set_up_once
from houses import House, called
from people import OWNER, add_owner, add_person
from visitors import Visitor

from hub.accounts import Account, Right, Sort
from hub.accounts.roster import Permission, Roster
from hub.app import create_app
from hub.store import Store
from hub.vault import Vault


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """A house where something was done to each side, to both, to a person and to nothing known."""
    house = called(store, vault, on=False)
    bob = add_person(house.hub, "bob@example.com")
    with store.write() as db:
        db.exec_driver_sql("DELETE FROM audit_event")
        house.hub.audit(db, OWNER, "renamed", "the shelf", "=cmd|' /C calc'!A0", connection=house.stock_id)
        house.hub.audit(db, OWNER, "paused", "the books", connection=house.ledger_id)
        house.hub.audit(db, "bob@example.com", "mapped", "account", integration=house.integration_id)
        house.hub.audit(db, "", "cleaned up", "the attic")
    house.clock.at += timedelta(days=2)
    Roster(house.hub, add_owner(house.hub)).change(bob.id, Permission(Sort.USER))
    return house


def subjects(house: House, account: Account, query: str = "") -> list[str]:
    page = Visitor(create_app(house.hub), account).client.get(f"/audit/export{query}")
    assert page.status_code == 200
    assert page.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    return [row["To what"] for row in csv.DictReader(page.get_data(as_text=True).removeprefix("\ufeff").splitlines())]


def test_an_owner_sees_everything_newest_first(house: House) -> None:
    page = Visitor(create_app(house.hub), add_owner(house.hub)).get("/audit")
    assert (page.status, page.faults) == (200, [])
    assert "5 entries, newest first" in page.text
    assert subjects(house, add_owner(house.hub)) == [
        "bob@example.com",
        "the attic",
        "Accounts",
        "the books",
        "the shelf",
    ]


def test_a_new_sort_of_act_can_be_chosen_at_once(house: House) -> None:
    seen = Visitor(create_app(house.hub), add_owner(house.hub))
    assert "painted" not in seen.get("/audit").text
    with house.hub.store.write() as db:
        house.hub.audit(db, OWNER, "painted", "the attic")
    assert [tag for tag in seen.get("/audit").tags("option") if tag.get("value") == "painted"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("actor=bob@example.com", ["Accounts"]),
        ("what=paused", ["the books"]),
        ("text=SHELF", ["the shelf"]),
        ("text=calc", ["the shelf"]),
        ("text=renamed", ["the shelf"]),
        ("text=ENAME&actor=bob@example.com", []),
        ("since=2026-03-02", ["bob@example.com"]),
        ("until=2026-03-01&what=paused", ["the books"]),
        ("since=2026-03-03&until=2026-03-03", ["bob@example.com"]),
    ],
)
def test_the_list_is_narrowed_down(house: House, query: str, found: list[str]) -> None:
    assert subjects(house, add_owner(house.hub), f"?{query}") == found
    page = Visitor(create_app(house.hub), add_owner(house.hub)).get(f"/audit?{query}")
    assert page.faults == []
    assert ("Nothing fits" in page.text) == (not found)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("actor=nobody", "Who : There is no entry by nobody."),
        ("what=zzz&actor=bob@example.com", "What : There is no entry that says zzz."),
    ],
)
def test_a_choice_that_there_is_none_of_is_said_and_nothing_is_listed_or_exported(
    house: House, query: str, told: str
) -> None:
    seen = Visitor(create_app(house.hub), add_owner(house.hub))
    page = seen.get(f"/audit?{query}")
    assert (page.status, page.faults) == (200, [])
    assert told in page.text and "Nothing is listed until this is corrected." in page.text
    assert "Nothing fits" not in page.text and page.tags("table") == []
    assert seen.get(f"/audit/export?{query}").status == 302


def test_a_date_that_is_none_is_named(house: House) -> None:
    page = Visitor(create_app(house.hub), add_owner(house.hub)).get("/audit?since=yesterday")
    assert (page.status, page.faults) == (200, [])
    assert "Nothing is listed until this is corrected." in page.text
    assert "Done from : yesterday is not a date such as 2025-07-01." in page.text
    assert page.value("since") == "yesterday"
    assert "the shelf" not in page.text


def test_days_that_are_turned_are_named_and_nothing_is_listed_or_exported(house: House) -> None:
    owner, query = Visitor(create_app(house.hub), add_owner(house.hub)), "since=2026-03-03&until=2026-03-02"
    page = owner.get(f"/audit?{query}")
    assert (page.status, page.faults) == (200, [])
    assert "Done from : The first day, 2026-03-03, is after the last, 2026-03-02." in page.text
    assert (page.value("since"), page.value("until")) == ("2026-03-03", "2026-03-02")
    assert owner.get(f"/audit/export?{query}").status == 302


def test_the_last_day_of_the_calendar_is_a_day(house: House) -> None:
    assert len(subjects(house, add_owner(house.hub), "?until=9999-12-31")) == 5


def test_nothing_is_exported_for_a_date_that_is_none(house: House) -> None:
    page = Visitor(create_app(house.hub), add_owner(house.hub)).get("/audit/export?since=yesterday&what=renamed")
    assert (page.status, page.location) == (302, "/audit?since=yesterday&what=renamed")


def test_entries_about_an_entity_are_only_for_who_sees_it(house: House) -> None:
    rights = [Right.MANAGE_USERS]
    everything = add_person(house.hub, "mary@example.com", rights=rights)
    assert len(subjects(house, everything)) == 5
    half = add_person(house.hub, "ned@example.com", rights=rights, access={house.ledger_id: False})
    assert subjects(house, half) == ["bob@example.com", "the shelf"]
    page = Visitor(create_app(house.hub), half).get("/audit")
    assert "the books" not in page.html
    assert "paused" not in page.html


def test_no_spreadsheet_runs_what_somebody_typed(house: House) -> None:
    page = Visitor(create_app(house.hub), add_owner(house.hub)).client.get("/audit/export?what=renamed")
    assert ",'=cmd|" in page.get_data(as_text=True)


def test_details_are_told_in_words(house: House) -> None:
    with house.hub.store.write() as db:
        house.hub.audit(db, OWNER, "mapped", "default", codes={"sale_contact": "2688e226"}, was={})
    text = Visitor(create_app(house.hub), add_owner(house.hub)).get("/audit").text
    # In whichever order: PostgreSQL keeps its own.
    assert "Codes sale contact: 2688e226" in text
    assert "Was nothing" in text


@pytest.mark.parametrize(
    ("what", "kept", "shown"),
    [
        ("set flow", "supplier_credit: automatic", "Supplier credits: automatic"),
        ("set flow", "invoice: review", "Invoices: review first"),
        ("mapped", "tax_rate", "Tax rates"),
        ("mapped", "tracking_option", "Tracking option"),
        ("unlinked", "credit_note cn7", "Credit note cn7"),
        ("chose the accounts to reconcile", "Shop to Books, purchases", "Shop to Books, Purchases and costs"),
        (
            "looked for already posted",
            "supplier_credit: 23 looked for, 0 found",
            "Supplier credits: 23 looked for, 0 found",
        ),
        ("renamed", "the item_7 shelf", "the item_7 shelf"),
    ],
)
def test_kinds_lists_and_modes_are_told_and_found_in_the_words_of_the_pages(
    house: House, what: str, kept: str, shown: str
) -> None:
    with house.hub.store.write() as db:
        house.hub.audit(db, OWNER, what, kept)
    seen = Visitor(create_app(house.hub), add_owner(house.hub))
    assert f"{what} {shown}" in seen.get("/audit").text
    assert kept == shown or kept not in seen.get("/audit").text
    for searched in (shown, kept, shown.upper()):
        assert subjects(house, add_owner(house.hub), f"?what={what}&text={searched}") == [shown]


def test_a_sheet_tells_details_in_words_too(house: House) -> None:
    with house.hub.store.write() as db:
        house.hub.audit(db, OWNER, "mapped", "default", codes={"sale_contact": "2688e226"}, was=[])
    sheet = Visitor(create_app(house.hub), add_owner(house.hub)).client.get("/audit/export?what=mapped&actor=" + OWNER)
    assert "Codes: sale contact: 2688e226" in sheet.get_data(as_text=True)
    assert "Was: none" in sheet.get_data(as_text=True)


def test_the_engine_says_which_entity_an_act_was_about(house: House) -> None:
    house.run_stock()
    house.person.set_start_date(house.integration_id, house.clock().date())
    flow_id = house.operations()[0].flow_id if house.operations() else None
    with house.hub.store.write() as db:
        if flow_id is None:
            flow_id = db.exec_driver_sql("SELECT min(id) FROM flow").scalar_one()
        house.hub.audit(db, OWNER, "looked", "at a flow", flow=flow_id)
        rows = db.exec_driver_sql("SELECT what, integration_id FROM audit_event ORDER BY id DESC LIMIT 2").all()
    assert [tuple(row) for row in rows] == [("looked", house.integration_id), ("set start date", house.integration_id)]
