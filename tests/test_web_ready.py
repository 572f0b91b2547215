"""Ready to sync: what is shown is what is approved."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, invoice, line, put
from people import OWNER, add_person
from statements import overheard, plan
from visitors import Visitor, visitor

from hub.accounts import Right, Sort
from hub.app import create_app
from hub.documents import Kind
from hub.mapping import MappingList
from hub.models import FlowMode, OperationRow, table
from hub.store import Store
from hub.vault import Vault
from hub.web.queries.proposals import Filter
from hub.web.queries.selection import found, weigh

operations = table(OperationRow)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """Three invoices wait for approval: 12, 24 and 36."""
    house = called(store, vault)
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact())
    put(house, *(invoice(f"i{n}", f"SO-{n}", lines=(line(f"{n}0.00"),), contact_name="Acme") for n in (1, 2, 3)))
    house.sync()
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def states(house: House) -> dict[str, str]:
    return {row.label: row.state for row in house.operations(kind="invoice")}


def test_the_list_shows_what_waits_with_its_contact_and_amount(seen: Visitor) -> None:
    text = seen.get("/ready").text
    assert "3 documents ready, 1 to 3 shown, first planned first" in text
    assert "SO-2" in text
    assert "Acme" in text
    assert "24.00 GBP" in text


def test_who_may_not_approve_has_nothing_to_tick(seen: Visitor, house: House) -> None:
    assert [tag for tag in seen.get("/ready").tags("input") if tag.get("name") == "pick"]
    page = Visitor(create_app(house.hub), add_person(house.hub, "una@example.com")).get("/ready")
    assert page.faults == []
    assert "SO-2" in page.text and "You can look" in page.text
    assert [tag for tag in page.tags("input") if tag.get("name") in ("pick", "shown")] == []


def test_what_is_ticked_is_approved_and_nothing_else(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-2")[0]
    page = seen.follow("/ready/approve", {"pick": [f"{row.id}:{row.payload_hash}"]})
    assert "1 document approved" in page.text
    assert states(house) == {"SO-1": "proposed", "SO-2": "pending", "SO-3": "proposed"}
    assert house.operations(label="SO-2")[0].approved_by == OWNER


def test_what_changed_since_the_page_was_shown_is_not_approved(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-2")[0]
    page = seen.follow("/ready/approve", {"pick": [f"{row.id}:another hash"]})
    assert "1 document not approved: changed or decided since the page was shown." in page.text
    assert states(house)["SO-2"] == "proposed"


def test_what_others_decided_since_the_page_was_shown_is_counted_and_told(seen: Visitor, house: House) -> None:
    shown = picks(house, "SO-1", "SO-2", "SO-3")
    house.person.drop([house.operations(label="SO-1")[0].id], "posted by hand")
    house.person.approve([house.operations(label="SO-2")[0].id])
    page = seen.follow("/ready/approve", {"scope": "page", "shown": shown})
    assert "1 document approved. The next run sends what is approved." in page.text
    assert "2 documents not approved: changed or decided since the page was shown." in page.text
    page = seen.follow("/ready/approve", {"scope": "page", "shown": shown})
    assert "No document was approved. 3 documents not approved" in page.text
    assert "Look again at what is ready now." in page.text
    assert "The next run" not in page.text


def test_what_was_decided_since_the_question_about_everything_is_counted_and_told(seen: Visitor, house: House) -> None:
    asked = seen.get("/ready/approve-all?least=20")
    form = {"least": "20", "upto": asked.value("upto"), "asked": asked.value("asked")}
    house.person.approve([house.operations(label="SO-2")[0].id])
    assert "1 document not approved" in seen.follow("/ready/approve-all", form).text
    assert "No document was approved. 2 documents not approved" in seen.follow("/ready/approve-all", form).text


def test_a_whole_page_is_approved_without_ticking(seen: Visitor, house: House) -> None:
    shown = [f"{row.id}:{row.payload_hash}" for row in house.operations(kind="invoice")]
    seen.follow("/ready/approve", {"scope": "page", "shown": shown})
    assert set(states(house).values()) == {"pending"}


def test_nothing_ticked_approves_nothing(seen: Visitor, house: House) -> None:
    assert "nothing was approved" in seen.follow("/ready/approve").text
    assert set(states(house).values()) == {"proposed"}


def test_the_filter_finds_by_text_kind_and_amount(seen: Visitor) -> None:
    assert "1 document ready" in seen.get("/ready?text=so-3").text
    assert "2 documents ready" in seen.get("/ready?least=20&kind=invoice").text
    assert "1 document ready" in seen.get("/ready?least=13&most=30.5").text
    assert "Nothing that is ready fits" in seen.get("/ready?kind=bill").text
    assert "Nothing that is ready fits" in seen.get("/ready?caught=yes").text
    assert "Nothing that is ready fits" in seen.get("/ready?text=%25").text


def test_amounts_are_found_by_their_index(seen: Visitor, house: House) -> None:
    with house.hub.store.write() as db:
        row = db.execute(sa.select(operations).where(operations.c.label == "SO-1")).one()
        values = {name: value for name, value in row._mapping.items() if name != "id"}
        many = [{**values, "source_id": f"m{n}", "amount": f"{n}.00"} for n in range(1000, 3000)]
        db.execute(sa.insert(operations), many)
        db.exec_driver_sql("ANALYZE operation")
    with overheard() as asked:
        assert "1 document ready" in seen.get("/ready?least=13&most=30.5").text
    with house.hub.store.read() as db:
        [look] = [plan(db, sql, sent) for sql, sent in asked if "BETWEEN" in sql]
    bounded = r"operation_amount \(state=\? AND <expr>>\? AND <expr><\?\)|operation_amount.*Index Cond: .*NULLIF.* >= "
    assert re.search(bounded, look, re.S), look


def test_a_page_that_makes_no_sense_is_left_out(seen: Visitor) -> None:
    assert "3 documents ready" in seen.get("/ready?page=-4").text


@pytest.mark.parametrize("asked", ["x", "999", str(2**70)])
def test_an_integration_that_there_is_none_of_is_said_and_nothing_is_listed_or_approved(
    seen: Visitor, house: House, asked: str
) -> None:
    page = seen.get(f"/ready?integration={asked}")
    assert page.faults == []
    assert f"There is no integration {asked}." in page.text and "SO-1" not in page.text
    assert seen.get(f"/ready/approve-all?integration={asked}").location == f"/ready?integration={asked}"
    newest = str(max(row.id for row in house.operations()))
    assert "There is no integration" in seen.follow("/ready/approve-all", {"integration": asked, "upto": newest}).text
    assert set(states(house).values()) == {"proposed"}


@pytest.mark.parametrize(
    "typed", ["£500", "1.000,00", "1,00", "10,0000", "0,123", "1e3", "NaN", "٣", "9999999999999999", "abc"]
)
def test_what_is_no_plain_amount_stays_in_its_field_and_nothing_is_listed(seen: Visitor, typed: str) -> None:
    page = seen.get("/ready", query_string={"least": typed, "most": "30"})
    assert page.faults == []
    assert page.value("least") == typed
    assert f"Amount from : {typed} is not an amount such as 1,234.50." in page.text
    assert {tag["id"]: tag["aria-describedby"] for tag in page.tags("input") if tag.get("aria-invalid")} == {
        "least": "least-error"
    }
    assert "#least" in {tag.get("href") for tag in page.tags("a")}
    assert "SO-1" not in page.text
    assert "Import all" not in page.text


@pytest.mark.parametrize(("typed", "count"), [("1,000", 1), ("1,234.50", 1), ("1234.5", 1), ("1234.51", 0)])
def test_commas_are_taken_between_groups_of_three(seen: Visitor, house: House, typed: str, count: int) -> None:
    with house.hub.store.write() as db:
        db.execute(sa.update(operations).where(operations.c.label == "SO-1").values(amount="1234.50"))
    page = seen.get("/ready", query_string={"least": typed})
    assert page.value("least") == typed
    assert ("SO-1" in page.text, "SO-2" in page.text) == (bool(count), False)


def test_what_is_no_date_stays_in_its_field_and_nothing_is_listed(seen: Visitor) -> None:
    page = seen.get("/ready?since=31.12.2025")
    assert "Dated from : 31.12.2025 is not a date such as 2025-07-01." in page.text
    [field] = [tag for tag in page.tags("input") if tag.get("id") == "since"]
    assert (field["type"], field["value"], field["aria-describedby"]) == ("text", "31.12.2025", "since-error")
    assert "SO-1" not in page.text


def test_days_that_are_turned_are_said_at_their_field(seen: Visitor) -> None:
    page = seen.get("/ready?since=2026-02-20&until=2026-02-10")
    assert page.faults == []
    assert "Dated from : The first day, 2026-02-20, is after the last, 2026-02-10." in page.text
    assert "Nothing is listed until this is corrected." in page.text


def test_a_kind_that_there_is_none_of_is_said_and_nothing_is_listed(seen: Visitor, house: House) -> None:
    page = seen.get("/ready?kind=nonsense")
    assert page.faults == []
    assert "Kind : There is no kind nonsense." in page.text and "SO-1" not in page.text
    newest = str(max(row.id for row in house.operations()))
    assert "There is no kind" in seen.follow("/ready/approve-all", {"kind": "nonsense", "upto": newest}).text
    assert set(states(house).values()) == {"proposed"}


def test_nothing_is_approved_by_a_filter_that_can_not_be_read(seen: Visitor, house: House) -> None:
    asked = seen.get("/ready/approve-all?least=£500")
    assert (asked.status, asked.location) == (302, "/ready?least=%C2%A3500")
    newest = str(max(row.id for row in house.operations()))
    assert "£500 is not an amount" in seen.follow("/ready/approve-all", {"least": "£500", "upto": newest}).text
    assert set(states(house).values()) == {"proposed"}


def test_a_replaced_plan_leads_to_the_newer_one(seen: Visitor, house: House) -> None:
    old = house.operations(label="SO-1")[0].id
    put(house, invoice("i1", "SO-1", lines=(line("70.00"),), contact_name="Acme"))
    house.sync()
    newer = house.operations(label="SO-1", state="proposed")[0].id
    assert f"/operations/{newer}" in {tag.get("href") for tag in seen.get(f"/operations/{old}").tags("a")}


def trail(seen: Visitor, operation_id: int) -> tuple[str, str]:
    """Where the breadcrumb of an operation leads, in words and as an address."""
    page = seen.get(f"/operations/{operation_id}")
    assert page.faults == []
    [(address, words)] = re.findall(r'breadcrumb-item"><a href="([^"]*)">([^<]*)<', page.html)
    return words, address


def test_an_operation_leads_back_to_the_list_that_it_is_in(seen: Visitor, house: House) -> None:
    ready, report = ("Ready to sync", "/ready"), ("Sync report", f"/report?integration={house.integration_id}")
    first, second = (house.operations(label=label)[0].id for label in ("SO-1", "SO-2"))
    assert trail(seen, first) == ready
    house.person.approve([first])
    house.person.drop([second], "a sample")
    assert trail(seen, first) == ready
    assert trail(seen, second) == ("Attention", "/attention")
    house.run_ledger()
    assert house.operations(label="SO-1")[0].state == "done"
    assert trail(seen, first) == report
    put(house, invoice("i1", "SO-1", lines=(line("70.00"),), contact_name="Acme"))
    house.sync()
    changed = house.operations(label="SO-1", state="proposed")[0].id
    put(house, invoice("i1", "SO-1", lines=(line("80.00"),), contact_name="Acme"))
    house.sync()
    assert trail(seen, changed) == report, "it was replaced"


def test_the_comparison_names_the_contact_and_leaves_out_what_only_moved_into_the_lines(
    seen: Visitor, house: House
) -> None:
    moved = invoice("i9", "SO-9", lines=(line(account=""),), contact_name="Acme").model_copy(update={"account": "200"})
    put(house, moved)
    house.sync()
    text = seen.get(f"/operations/{house.operations(label='SO-9')[0].id}").text
    assert "Will be sent" in text
    assert "Contact name Acme Acme" in text
    assert "Contact id" not in text
    assert "Account 200 (changed)" not in text


def test_a_sale_without_a_contact_is_shown_with_the_name_of_the_default_one(seen: Visitor, house: House) -> None:
    walk_in = house.books.add(Kind.CONTACT, name="Walk-in")
    house.run_ledger()
    house.person.set_mapping(house.integration_id, MappingList.DEFAULT, {"sale_contact": walk_in})
    put(house, invoice("i8", "SO-8", contact_id=""), invoice("i9", "SO-9", contact_id="", contact_name="Bob"))
    house.sync()
    for label in ("SO-8", "SO-9"):
        page = seen.get(f"/operations/{house.operations(label=label)[0].id}")
        assert page.faults == []
        assert "Contact Walk-in (default for documents without one)" in page.text
        shown, _, _ = page.text.partition("Exactly what is sent")
        assert f"={walk_in}" not in shown
        assert "Contact id" not in shown


def test_what_the_source_has_and_the_ledger_is_not_sent_is_said_in_words(seen: Visitor, house: House) -> None:
    put(house, invoice("i9", "SO-9", payment_term="14 days"))
    house.sync()
    text = seen.get(f"/operations/{house.operations(label='SO-9')[0].id}").text
    assert "Payment term 14 days not sent" in text


def test_contacts_amount_to_nothing_in_a_selection(house: House) -> None:
    house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    put(house, contact("c2", "Two").model_copy(update={"currency": "USD"}), contact("c3", "Three"))
    house.sync()
    with house.hub.store.read() as db:
        totals = weigh(db, house.hub.providers, found(db, Filter(kind="contact"))).totals
    assert [(each.count, each.currency) for each in totals] == [(2, "")]


def test_everything_found_is_approved_after_it_was_shown_what_that_is(seen: Visitor, house: House) -> None:
    asked = seen.get("/ready/approve-all?least=20")
    assert "60.00 GBP" in asked.text
    seen.follow("/ready/approve-all", {"least": "20", "upto": asked.value("upto")})
    assert states(house) == {"SO-1": "proposed", "SO-2": "pending", "SO-3": "pending"}


def test_what_comes_in_after_the_question_is_not_approved(seen: Visitor, house: House) -> None:
    asked = seen.get("/ready/approve-all")
    put(house, invoice("i4", "SO-4"))
    house.sync()
    seen.follow("/ready/approve-all", {"upto": asked.value("upto")})
    assert states(house)["SO-4"] == "proposed"
    assert states(house)["SO-1"] == "pending"


def test_everything_is_not_approved_by_a_form_that_names_no_end(seen: Visitor, house: House) -> None:
    seen.follow("/ready/approve-all", {})
    assert set(states(house).values()) == {"proposed"}


def test_the_filter_is_kept_over_an_approval(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-2")[0]
    answer = seen.post("/ready/approve", {"pick": f"{row.id}:{row.payload_hash}", "least": "20"})
    assert answer.location.endswith("/ready?least=20")


def test_the_preview_shows_the_source_the_target_the_rules_and_the_payload(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-1")[0]
    page = seen.get(f"/operations/{row.id}")
    assert page.faults == []
    assert "account 200 of the line becomes 200 Sales" in page.text
    assert '"number": "SO-1"' in page.text
    assert "Standard becomes STANDARD" in page.text
    assert '"mark": "i1#1"' in page.text
    assert "not sent as written" not in page.text


def test_the_preview_names_each_thing_that_is_filled_in_later(seen: Visitor, house: House) -> None:
    house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    put(house, contact("c9", "Dockside"), invoice("i9", "SO-9", contact_id="c9", contact_name="Dockside"))
    house.sync()
    page = seen.get(f"/operations/{house.operations(label='SO-9')[0].id}")
    assert "is posted, which is not known yet: <contact:c9> . All else is sent as it stands here." in page.text


def test_one_document_is_approved_from_its_preview(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-1")[0]
    seen.follow(f"/operations/{row.id}/approve", {"hash": row.payload_hash})
    assert states(house)["SO-1"] == "pending"
    house.run_ledger()
    assert "Linked to SO-1" in seen.get(f"/operations/{row.id}").text


def test_a_skip_needs_a_reason_and_can_be_taken_back(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-1")[0]
    assert "Say why" in seen.follow(f"/operations/{row.id}/drop", {"reason": "  "}).text
    assert states(house)["SO-1"] == "proposed"
    assert "by hand" in seen.follow(f"/operations/{row.id}/drop", {"reason": "posted by hand"}).text
    assert states(house)["SO-1"] == "dropped"
    assert "posted by hand" in seen.get("/attention/skipped").text
    seen.follow("/attention/undrop", {"pick": str(row.id)})
    house.sync()
    assert [one.state for one in house.operations(label="SO-1")] == ["replaced", "proposed"]


def test_what_the_safety_catch_keeps_back_is_marked(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-1")[0]
    with house.hub.store.write() as db:
        caught = {"caught": True, "reason": "kept back by the safety catch"}
        db.execute(sa.update(operations).where(operations.c.id == row.id).values(caught))
    page = seen.get("/ready?caught=yes")
    assert "1 document ready" in page.text
    assert "kept back by the safety catch" in page.text


def test_long_lists_are_cut_in_the_database_and_can_be_paged(seen: Visitor, house: House) -> None:
    with house.hub.store.write() as db:
        row = db.execute(sa.select(operations).where(operations.c.label == "SO-1")).one()
        values = {name: value for name, value in row._mapping.items() if name != "id"}
        fakes = [{**values, "source_id": f"copy-{n}", "label": f"COPY-{n}"} for n in range(2500)]
        db.execute(sa.insert(operations), fakes)
    assert "2,500 documents ready" in seen.get("/ready?text=copy").text
    assert "Page 100 of 100" in seen.get("/ready?page=99999999999999999999&text=copy").text
    last = seen.get("/ready?page=100&text=copy")
    assert "Page 100 of 100" in last.text
    assert len(last.tags("input")) < 150


def test_a_person_chooses_how_many_rows_a_page_has(seen: Visitor, house: House) -> None:
    with house.hub.store.write() as db:
        row = db.execute(sa.select(operations).where(operations.c.label == "SO-1")).one()
        values = {name: value for name, value in row._mapping.items() if name != "id"}
        fakes = [{**values, "source_id": f"copy-{n}", "label": f"COPY-{n}"} for n in range(60)]
        db.execute(sa.insert(operations), fakes)
    assert "1 to 25 shown" in seen.get("/ready?text=copy&page=1").text
    assert "1 to 50 shown" in seen.follow("/preferences/rows", {"rows": "50", "next": "/ready?text=copy"}).text
    seen.post("/preferences/rows", {"rows": "5000"})
    assert "1 to 25 shown" in seen.get("/ready?text=copy").text


def test_totals_are_exact_however_many_cents_are_added(house: House) -> None:
    with house.hub.store.write() as db:
        row = db.execute(sa.select(operations).where(operations.c.label == "SO-1")).one()
        values = {name: value for name, value in row._mapping.items() if name != "id"}
        cents = [{**values, "source_id": f"c{n}", "label": "CENT", "amount": "0.01"} for n in range(1000)]
        db.execute(sa.insert(operations), [*cents, {**values, "source_id": "none", "label": "CENT", "amount": ""}])
    with house.hub.store.read() as db:
        (total,) = weigh(db, house.hub.providers, found(db, Filter(text="CENT"))).totals
    assert (total.count, total.amount) == (1001, Decimal("10.00"))


# -- what a selection comes to ---------------------------------------------------------------------------------------


def picks(house: House, *labels: str) -> list[str]:
    return [f"{row.id}:{row.payload_hash}" for row in house.operations(state="proposed") if row.label in labels]


def bar(seen: Visitor, house: House, *labels: str) -> str:
    """The bar as a script asks for it."""
    form = {"csrf_token": seen.token(), "pick": picks(house, *labels)}
    answer = seen.client.post("/ready/selection", data=form, headers={"HX-Request": "true"})
    assert "<html" not in answer.get_data(as_text=True)
    return " ".join(answer.get_data(as_text=True).split())


def test_a_selection_tells_its_value_and_calls_before_anybody_presses(seen: Visitor, house: House) -> None:
    put(house, *(invoice(f"m{n}", f"M-{n}") for n in range(4)))
    house.sync()
    six = bar(seen, house, "SO-1", "SO-2", *(f"M-{n}" for n in range(4)))
    assert "<strong>6 selected</strong>: 6 invoices to create, 84.00 GBP; 2 API calls; 0 blocked." in six
    assert "1 invoice to create, 12.00 GBP; 1 API call; 0 blocked" in bar(seen, house, "SO-1")
    assert "Nothing is selected" in bar(seen, house)


def test_without_a_script_the_selection_is_told_and_stays_ticked(seen: Visitor, house: House) -> None:
    page = seen.post("/ready/selection", {"pick": picks(house, "SO-2")})
    assert (page.status, page.faults) == (200, [])
    assert "1 selected" in page.text
    assert [tag["aria-label"] for tag in page.tags("input") if "checked" in tag and tag["name"] == "pick"] == [
        "Tick SO-2"
    ]


def test_what_rests_on_a_record_that_is_not_selected_is_blocked(seen: Visitor, house: House) -> None:
    house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    put(house, contact("c2", "New"), invoice("n1", "NEW-1", contact_id="c2", contact_name="New"))
    house.sync()
    assert "1 blocked" in bar(seen, house, "NEW-1", "SO-1")
    assert "0 blocked" in bar(seen, house, "NEW-1", "New")
    assert "1 document ready" in seen.get("/ready?blocked=yes").text
    assert "1 blocked" in seen.get("/ready/approve-all?kind=invoice").text
    assert "0 blocked" in seen.get("/ready/approve-all").text
    house.person.approve([house.operations(label="New")[0].id])
    assert "0 blocked" in bar(seen, house, "NEW-1")


def a_new_customer_in_review(house: House) -> dict[str, str]:
    """An invoice and its contact wait for approval; answers with the tick of the invoice."""
    house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    put(house, contact("c2", "New"), invoice("n1", "NEW-1", contact_id="c2", contact_name="New"))
    house.sync()
    row = house.operations(label="NEW-1", state="proposed")[0]
    return {"pick": f"{row.id}:{row.payload_hash}"}


def test_documents_are_approved_with_the_contacts_they_name(seen: Visitor, house: House) -> None:
    ticked = a_new_customer_in_review(house)
    assert seen.get("/ready").value("needed") == "yes"
    page = seen.follow("/ready/approve", {**ticked, "needed": "yes"})
    assert "1 document approved, and 1 contact or item that they name." in page.text
    house.sync()
    assert [row.state for row in house.operations(label="NEW-1")] == ["done"]


def test_a_document_approved_from_its_preview_takes_its_contact_along(seen: Visitor, house: House) -> None:
    id, payload_hash = a_new_customer_in_review(house)["pick"].split(":")
    assert "It changed meanwhile" in seen.follow(f"/operations/{id}/approve", {"hash": "another"}).text
    assert house.operations(label="New")[0].state == "proposed"
    page = seen.follow(f"/operations/{id}/approve", {"hash": payload_hash})
    assert "Approved, and 1 contact or item that it names." in page.text
    assert house.operations(label="New")[0].state == "pending"


def test_a_document_approved_before_its_contact_says_that_the_contact_waits_for_approval(
    seen: Visitor, house: House
) -> None:
    seen.follow("/ready/approve", a_new_customer_in_review(house))
    house.sync()
    [held] = house.operations(label="NEW-1", state="held")
    assert held.problem["why"] == "It waits for your approval."
    assert "Approve the contacts" in seen.get("/attention").text
    house.person.approve([house.operations(label="New")[0].id])
    house.sync()
    assert len(house.operations(label="NEW-1", state="proposed")) == 1


def test_changes_are_looked_at_first_and_cost_more_calls(seen: Visitor, house: House) -> None:
    seen.follow("/ready/approve", {"pick": picks(house, "SO-1")})
    house.run_ledger()
    put(house, invoice("i1", "SO-1", lines=(line("99.00"),)))
    house.sync()
    assert "at least 2 API calls" in bar(seen, house, "SO-1")


def test_the_filter_finds_by_contact_and_date(seen: Visitor, house: House) -> None:
    put(house, invoice("late", "LATE", date="2026-02-20", contact_name="Zed"))
    house.sync()
    assert "1 document ready" in seen.get("/ready?contact=zed").text
    assert "1 document ready" in seen.get("/ready?since=2026-02-10").text
    assert "3 documents ready" in seen.get("/ready?until=2026-02-10").text


def test_ticked_documents_are_skipped_only_with_a_reason(seen: Visitor, house: House) -> None:
    asked = seen.post("/ready/skip", {"pick": picks(house, "SO-1", "SO-2")})
    assert (asked.status, asked.faults) == (200, [])
    assert "Skip 2 documents" in asked.text
    ids = [tag["value"] for tag in asked.tags("input") if tag.get("name") == "pick"]
    assert seen.post("/ready/skip", {"pick": ids, "reason": " "}).status == 422
    assert "2 documents skipped" in seen.follow("/ready/skip", {"pick": ids, "reason": "samples"}).text
    assert states(house) == {"SO-1": "dropped", "SO-2": "dropped", "SO-3": "proposed"}


# -- drafts or authorised --------------------------------------------------------------------------------------------


def test_a_document_is_imported_as_a_draft_though_the_flow_says_authorised(seen: Visitor, house: House) -> None:
    seen.follow("/ready/approve", {"pick": picks(house, "SO-1"), "post_as": "draft"})
    seen.follow("/ready/approve", {"pick": picks(house, "SO-2"), "post_as": "authorised"})
    house.sync()
    status = {link.target_number: link.state["status"] for link in house.links() if link.kind == "invoice"}
    assert status == {"SO-1": "draft", "SO-2": "open"}


def test_a_draft_stays_a_draft_when_its_source_is_edited(seen: Visitor, house: House) -> None:
    seen.follow("/ready/approve", {"pick": picks(house, "SO-1"), "post_as": "draft"})
    house.run_ledger()
    put(house, invoice("i1", "SO-1", lines=(line("50.00"),)))
    house.sync()
    seen.follow("/ready/approve", {"pick": picks(house, "SO-1")})
    house.run_ledger()
    [link] = [link for link in house.links() if link.kind == "invoice"]
    assert (link.state["status"], link.state["total"]) == ("draft", "60.00")


def test_the_choice_survives_a_change_before_it_is_sent(seen: Visitor, house: House) -> None:
    seen.follow("/ready/approve", {"pick": picks(house, "SO-1"), "post_as": "draft"})
    put(house, invoice("i1", "SO-1", lines=(line("50.00"),)))
    house.run_stock()
    assert "Create as draft" in seen.get("/ready").text
    seen.follow("/ready/approve", {"pick": picks(house, "SO-1")})
    house.run_ledger()
    assert [link.state["status"] for link in house.links() if link.kind == "invoice"] == ["draft"]


def test_what_changed_is_not_imported_as_anything(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-1")[0]
    seen.follow("/ready/approve", {"pick": f"{row.id}:another hash", "post_as": "draft"})
    assert states(house)["SO-1"] == "proposed"
    assert house.operations(label="SO-1")[0].post_as == ""


def test_what_was_mapped_anew_since_it_was_looked_at_is_not_imported_as_anything(seen: Visitor, house: House) -> None:
    row, shown = house.operations(label="SO-1")[0], picks(house, "SO-1", "SO-2")
    asked = seen.get("/ready/approve-all")
    house.person.set_mapping(house.integration_id, MappingList.ACCOUNT, {"200": "310"})
    single = seen.follow(f"/operations/{row.id}/approve", {"hash": row.payload_hash, "post_as": "authorised"})
    assert "It changed meanwhile: look at it again before you approve." in single.text
    several = seen.follow("/ready/approve", {"pick": shown, "post_as": "draft"})
    assert "Look again at what is ready now." in several.text
    every = seen.follow("/ready/approve-all", {"upto": asked.value("upto"), "post_as": "draft"})
    assert "not approved: changed or decided since the page was shown" in every.text
    kept = house.operations(label="SO-1")[0]
    assert (kept.state, kept.post_as, kept.document) == (row.state, row.post_as, row.document)
    house.sync()
    assert not [link for link in house.links() if link.kind == "invoice"], "nothing left that nobody saw"
    seen.follow("/ready/approve", {"pick": picks(house, "SO-1"), "post_as": "draft"})
    house.sync()
    assert [link.state["status"] for link in house.links() if link.kind == "invoice"] == ["draft"]


def test_everything_found_is_imported_as_drafts(seen: Visitor, house: House) -> None:
    asked = seen.get("/ready/approve-all")
    seen.follow("/ready/approve-all", {"upto": asked.value("upto"), "post_as": "draft"})
    house.sync()
    assert {link.state["status"] for link in house.links() if link.kind == "invoice"} == {"draft"}


def test_a_preview_in_the_drawer_is_the_page_without_its_frame(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-1")[0]
    part = seen.client.get(f"/operations/{row.id}", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in part
    assert '<h2 class="h4" id="preview-title">Invoice SO-1</h2>' in part
    assert 'id="preview-title"' not in seen.get(f"/operations/{row.id}").html  # its heading names it
    (dialog,) = (tag for tag in seen.get("/ready").tags("dialog") if tag.get("id") == "preview")
    assert dialog["aria-labelledby"] == "preview-title"
    assert "account 200 of the line becomes 200 Sales" in part
    seen.follow(f"/operations/{row.id}/approve", {"hash": row.payload_hash, "post_as": "draft"})
    assert '"status":"draft"' in house.operations(label="SO-1")[0].document


# -- in the ledger already -------------------------------------------------------------------------------------------


def test_a_document_that_is_there_already_is_looked_for_and_linked(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-1")[0]
    contact_id = next(link.target_id for link in house.links() if link.kind == "contact")
    theirs = house.books.add(Kind.INVOICE, number="OTHER-7", total="12.00", date="2026-02-01", contact=contact_id)
    assert "has no invoice under NONE" in seen.post(f"/operations/{row.id}/already", {"number": "NONE"}).text
    shown = seen.post(f"/operations/{row.id}/already", {"number": "OTHER-7"})
    assert (shown.status, shown.faults) == (200, [])
    assert "in nothing" in shown.text
    assert states(house)["SO-1"] == "proposed"
    answer = seen.post(f"/operations/{row.id}/already/link", {"target": shown.value("target")})
    assert answer.status == 303
    assert [(link.target_id, link.origin) for link in house.links() if link.kind == "invoice"] == [(theirs, "adopted")]
    house.sync()
    assert states(house)["SO-1"] == "replaced"


def test_what_differs_there_is_told_and_linked_only_when_confirmed(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-1")[0]
    house.books.add(Kind.INVOICE, number="OTHER-7", total="13.00", date="2026-02-03")
    shown = seen.post(f"/operations/{row.id}/already", {"number": "OTHER-7"})
    assert "dated 2026-02-03, total 13.00" in shown.text
    target = shown.value("target")
    refused = seen.follow(f"/operations/{row.id}/already/link", {"target": target})
    assert "Confirm that it is the same document" in refused.text
    assert not [link for link in house.links() if link.kind == "invoice"]
    seen.post(f"/operations/{row.id}/already/link", {"target": target, "sure": "yes"})
    assert [link.target_id for link in house.links() if link.kind == "invoice"] == [target]


def test_a_number_is_needed_and_a_posted_document_has_no_such_page(seen: Visitor, house: House) -> None:
    row = house.operations(label="SO-1")[0]
    assert "Say under which number" in seen.post(f"/operations/{row.id}/already", {"number": " "}).text
    seen.follow(f"/operations/{row.id}/approve", {"hash": row.payload_hash})
    house.run_ledger()
    assert seen.get(f"/operations/{row.id}/already").status == 404


def test_who_may_not_approve_sees_everything_and_no_button(house: House) -> None:
    access = {house.stock_id: True, house.ledger_id: True}
    carl = add_person(house.hub, "carl@example.com", sort=Sort.CLIENT, access=access)
    looking = Visitor(create_app(house.hub), carl)
    page = looking.get("/ready")
    assert "3 documents ready" in page.text
    assert "somebody with the right to approve imports lets them go" in page.text
    assert "Import what is ticked" not in page.text
    row = house.operations(label="SO-1")[0]
    assert "Import as" not in looking.get(f"/operations/{row.id}").text
    assert looking.post("/ready/approve", {"pick": picks(house, "SO-1")}).status == 403
    assert states(house)["SO-1"] == "proposed"


def test_who_may_not_see_an_entity_finds_none_of_its_documents(house: House) -> None:
    vera = add_person(house.hub, "vera@example.com", sort=Sort.CLIENT, rights=[Right.APPROVE_IMPORTS])
    blind = Visitor(create_app(house.hub), vera)
    assert "Nothing waits for approval" in blind.get("/ready").text
    row = house.operations(label="SO-1")[0]
    for path in (f"/operations/{row.id}", f"/operations/{row.id}/already", f"/operations/{row.id}/document"):
        assert blind.get(path).status == 404
    blind.post("/ready/approve", {"pick": picks(house, "SO-1")})
    blind.post("/ready/skip", {"pick": picks(house, "SO-2"), "reason": "mine"})
    assert set(states(house).values()) == {"proposed"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_before_the_pilot_is_settled_an_approval_says_so_and_leads_to_the_pilot(store: Store, vault: Vault) -> None:
    house = called(store, vault, on=False, piloted=False)
    house.run_stock()
    house.run_ledger()
    house.person.confirm_others_off(house.integration_id)
    house.person.accept_suggestions(house.integration_id)
    for kind in (Kind.CONTACT, Kind.INVOICE):
        house.set_flow(kind, FlowMode.REVIEW)
    put(house, contact(), invoice(contact_name="Acme"))
    house.sync()
    row = house.operations(kind="invoice")[0]
    seen, pilot = visitor(house), f"/integrations/{house.integration_id}/pilot"
    for address, form in (
        ("/ready/approve", {"pick": f"{row.id}:{row.payload_hash}", "needed": "yes"}),
        (f"/operations/{row.id}/approve", {"hash": row.payload_hash}),
    ):
        page = seen.follow(address, form)
        assert "Post the pilot first" in page.text
        assert pilot in {tag.get("href") for tag in page.tags("a")}
    assert {each.state for each in house.operations()} == {"proposed"}
