"""The contacts page: who is linked to whom, and every decision about it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, invoice, line, put
from people import OWNER
from statements import overheard, plan
from visitors import Seen, Visitor, visitor

from hub.documents import Contact, Kind
from hub.engine.directory import entry_of
from hub.engine.likeness import clear_best
from hub.engine.suggesting import READ_AT_MOST, ByName, suggest
from hub.mapping import fold
from hub.models import AuditEvent, ContactEntry, FlowMode, Integration, Link, OperationRow, Snapshot, table
from hub.store import Store
from hub.vault import Vault

MANY = 50_000
HOSTILE = "<script>alert('x')</script>"


def customer(id: str, name: str, **more: Any) -> Contact:
    return contact(id, name).model_copy(update=more)


def supplier(id: str, name: str) -> Contact:
    return Contact(external_id=id, name=name, is_supplier=True)


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """Contacts in every state: linked, archived there, suggested, alike, unknown."""
    house = called(store, vault)
    put(house, contact("linked", "Linked Ltd"), contact("broken", "Broken Ltd"), supplier("seller", "Seller"))
    house.sync()
    house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    ids = {entry.native["name"]: entry.id for entry in house.books.entries.values()}
    house.books.archive(ids["Broken Ltd"])
    house.books.add(Kind.CONTACT, name="Ann's shop", email="ann@acme.test")
    house.books.add(Kind.CONTACT, name="Northern Lights Limited")
    put(house, customer("mail", "Acme", email="ann@acme.test"), contact("alike", "Northern Lights Ltd"))
    put(house, contact("alone", HOSTILE), invoice("i1", contact_id="alone"))
    house.sync()
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def place(house: House, rest: str = "") -> str:
    return f"/integrations/{house.integration_id}/contacts{rest}"


def rows(page: Seen) -> list[str]:
    return [tag["value"] for tag in page.tags("input") if tag.get("name") == "pick"]


def target(house: House, name: str) -> str:
    return next(entry.id for entry in house.books.entries.values() if entry.native.get("name") == name)


def linked(house: House) -> dict[str, str]:
    return {row.source_id: row.target_id for row in house.links() if row.kind == "contact"}


# -- the list ------------------------------------------------------------------------------------------------------


def test_the_only_integration_is_shown_at_once(seen: Visitor, house: House) -> None:
    assert seen.get("/contacts").location == place(house)


def test_what_is_to_do_comes_first_with_suggestions_reasons_and_scores(seen: Visitor, house: House) -> None:
    page = seen.get(place(house))
    assert page.faults == []
    assert rows(page) == ["alone", "mail", "broken", "alike"]
    assert "Ann's shop e-mail equal score 0.92" in page.text
    assert "Northern Lights Limited name likeness 0.90 score 0.77" in page.text
    assert "Broken: archived in the ledger" in page.text
    assert HOSTILE not in page.html


def test_states_are_counted_and_filtered_for_each_side(seen: Visitor, house: House) -> None:
    page = seen.get(place(house))
    for words in ("To do (4)", "No linked contact (2)", "Suggested (1)", "Linked (1)", "Broken (1)", "All (5)"):
        assert words in page.text
    for state, found in {"suggested": ["mail"], "linked": ["linked"], "broken": ["broken"], "ignored": []}.items():
        assert rows(seen.get(place(house, f"?state={state}"))) == found
    assert rows(seen.get(place(house, "?side=suppliers&state=all"))) == ["seller"]


def test_contacts_are_searched_by_name_and_address(seen: Visitor, house: House) -> None:
    assert rows(seen.get(place(house, "?text=NORTHERN"))) == ["alike"]
    assert rows(seen.get(place(house, "?text=ann@"))) == ["mail"]
    nothing = seen.get(place(house, "?text=100%25"))
    assert "No contact fits. Show all" not in nothing.text
    assert nothing.faults == []
    assert "No contact fits. Show all" in seen.get(place(house, "?state=all&text=100%25")).text


def test_a_search_that_finds_nobody_to_do_leads_to_the_same_among_all(seen: Visitor, house: House) -> None:
    page = seen.get(place(house, "?text=linked+ltd"))
    assert "No contact fits. Look among all customers or show all" in page.text
    [address] = [tag["href"] for tag in page.tags("a") if "text=linked" in tag.get("href", "")]
    assert rows(seen.get(address)) == ["linked"]


@pytest.mark.parametrize(
    ("query", "told"),
    [("state=zzz", "Show : There is no state zzz."), ("side=zzz&state=all", "Side : There is no side zzz.")],
)
def test_a_choice_that_there_is_none_of_is_said_and_nobody_is_listed(
    seen: Visitor, house: House, query: str, told: str
) -> None:
    assert seen.get(f"/contacts?{query}").location == place(house, f"?{query}")
    page = seen.get(place(house, f"?{query}"))
    assert (page.status, page.faults, rows(page)) == (200, [], [])
    assert told in page.text and "Nothing is listed until this is corrected." in page.text
    assert "Nothing to do" not in page.text and "No contact fits" not in page.text


def test_a_contacts_own_page_leads_to_its_pages_in_both_systems(
    seen: Visitor, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = house.hub.providers["memoryledger"]
    monkeypatch.setattr(provider, "address_of", lambda kind, there, _: f"https://books.example/{kind}/{there}")
    put(house, customer("linked", "Linked Ltd", email="l@acme.test", source_url="https://stock.example/linked"))
    put(house, customer("alone", HOSTILE, email="a@acme.test", source_url="javascript:alert(1)"))
    house.run_stock()
    (target,) = [link.target_id for link in house.links() if link.source_id == "linked"]
    page = seen.get(place(house, "?contact=linked"))
    assert page.faults == []
    assert doors(page) == ["https://stock.example/linked", f"https://books.example/contact/{target}"]
    assert "Open in Shelf" in page.text and "Open in Books" in page.text
    assert doors(seen.get(place(house, "?contact=alone"))) == [], "not linked, and no address of the web"
    assert doors(seen.get(place(house, "?state=all"))) == []


def doors(page: Seen) -> list[str]:
    return [tag["href"] for tag in page.tags("a") if tag.get("rel") == "noreferrer"]


def test_one_contact_is_shown_whatever_else_is_asked_for(seen: Visitor, house: House) -> None:
    page = seen.get(place(house, "?contact=alone&state=zzz"))
    assert rows(page) == ["alone"] and "There is no state" not in page.text


def test_a_held_document_leads_from_attention_to_its_contact(seen: Visitor, house: House) -> None:
    house.person.drop([row.id for row in house.operations(source_id="alone", state="proposed")], "for now")
    house.person.retry([row.id for row in house.operations(kind="invoice", state="held")])
    put(house, invoice("i2", contact_id="alone"))
    house.sync()
    links = [tag["href"] for tag in seen.get("/attention").tags("a")]
    assert place(house, "?contact=alone") in links
    page = seen.get(place(house, "?contact=alone"))
    assert rows(page) == ["alone"]
    assert "2 documents wait for it" in page.text
    assert "no such contact" in seen.get(place(house, "?contact=nobody")).text


def test_before_anything_is_read_the_page_says_what_to_do(store: Store, vault: Vault) -> None:
    house = called(store, vault, on=False)
    page = visitor(house).get(place(house))
    assert page.faults == []
    assert "have not been read yet" in page.text


# -- linking -------------------------------------------------------------------------------------------------------


def test_the_search_finds_contacts_of_the_ledger_and_links_the_chosen_one(seen: Visitor, house: House) -> None:
    page = seen.get(place(house, "/link?contact=alone&text=linked"))
    assert page.faults == []
    assert "Linked already: Linked Ltd. Two customers would share one contact." in page.text
    assert "A customer and a supplier may share" not in page.text
    pairs = [tag["value"] for tag in page.tags("input") if tag.get("name") == "pair"]
    assert pairs == [f"alone\t{target(house, 'Linked Ltd')}"]
    answer = seen.follow(place(house, "/link"), {"pair": f"alone\t{target(house, 'Northern Lights Limited')}"})
    assert "1 contact linked" in answer.text
    assert linked(house)["alone"] == target(house, "Northern Lights Limited")


def test_two_customers_share_a_contact_only_when_a_person_ticks_that_they_may(seen: Visitor, house: House) -> None:
    pair = {"pair": f"alone\t{target(house, 'Linked Ltd')}"}
    page = seen.get(place(house, "/link?contact=alone&text=linked"))
    assert [tag["name"] for tag in page.tags("input") if tag.get("type") == "checkbox"] == ["share"]
    assert "Two customers would share one contact of the ledger" in seen.follow(place(house, "/link"), pair).text
    assert "alone" not in linked(house)
    assert "1 contact linked" in seen.follow(place(house, "/link"), {**pair, "share": "yes"}).text


def test_a_customer_and_a_supplier_share_a_contact_without_a_tick(seen: Visitor, house: House) -> None:
    page = seen.get(place(house, "/link?contact=alone&text=seller"))
    assert "Linked already: Seller. A customer and a supplier may share a contact." in page.text
    assert not [tag for tag in page.tags("input") if tag.get("type") == "checkbox"]


def test_what_a_contact_is_linked_to_is_not_suggested_for_it(seen: Visitor, house: House) -> None:
    page = seen.get(place(house, "/link?contact=linked"))
    assert page.faults == []
    assert "Link to Linked Ltd" not in page.text
    found = seen.get(place(house, "/link?contact=linked&text=linked"))
    assert "Linked to it now" in found.text
    assert "Linked already" not in found.text


def test_a_suggestion_that_is_taken_says_so_once(seen: Visitor, house: House) -> None:
    put(house, contact("twin", "Linkd Ltd"))
    house.run_stock()
    text = seen.get(place(house, "/link?contact=twin")).text
    assert "Linked already: Linked Ltd. Two customers would share one contact." in text
    assert "already linked to another" not in text


@pytest.mark.parametrize(("verb", "id"), [("unlink", "linked"), ("ignore", "alone")])
def test_one_contact_of_a_list_leads_back_to_its_filter_and_page(
    seen: Visitor, house: House, verb: str, id: str
) -> None:
    listed = seen.get(place(house, "?state=all&text=l"))
    (ask,) = (tag["href"] for tag in listed.tags("a") if f"/{verb}?" in tag["href"] and tag["href"].endswith(id))
    page = seen.get(f"{ask}&page=12")
    assert page.faults == []
    places = {tag.get("action", "") for tag in page.tags("form")} | {tag["href"] for tag in page.tags("a")}
    sent = next(each for each in places if f"/contacts/{verb}?" in each)
    answer = seen.post(sent, {"pick": id, "then": "keep", "reason": "mixed up"})
    for way in (answer.location, next(each for each in places if "/contacts?" in each and "page=12" in each)):
        assert "state=all" in way
        assert "text=l" in way
        assert "page=12" in way
        assert "contact=" not in way


def test_a_document_that_is_held_for_another_reason_does_not_wait_for_its_contact(seen: Visitor, house: House) -> None:
    put(house, invoice("i3", contact_id="linked", lines=(line(account="999"),)))
    house.sync()
    assert [row.problem_code for row in house.operations(source_id="i3")] == ["account_not_mapped"]
    assert "it</strong>" not in seen.get(place(house, "?contact=linked")).html


def test_of_what_was_dropped_once_and_is_planned_again_the_plan_is_told(seen: Visitor, house: House) -> None:
    operations = table(OperationRow)
    with house.hub.store.write() as db:
        planned = db.execute(sa.select(operations).where(operations.c.source_id == "alone")).mappings().one()
        assert planned["state"] == "proposed"
        dropped = {**planned, "id": None, "state": "dropped", "reason": "not ours"}
        db.execute(sa.insert(operations).values({name: value for name, value in dropped.items() if name != "id"}))
    text = seen.get(place(house, "?contact=alone")).text
    assert "Creation: waiting for approval" in text and "not ours" not in text


def test_a_row_says_suggested_where_the_filter_counts_it(seen: Visitor, house: House) -> None:
    text = seen.get(place(house, "?state=suggested")).text
    assert "Suggested Creation: waiting for approval" in text
    assert "No linked contact Creation" not in text


def test_an_archived_contact_is_not_found_and_can_not_be_linked(seen: Visitor, house: House) -> None:
    assert "No active contact of the ledger fits" in seen.get(place(house, "/link?contact=alone&text=broken")).text
    answer = seen.follow(place(house, "/link"), {"pair": f"alone\t{target(house, 'Broken Ltd')}"})
    assert "1 contact not changed" in answer.text
    assert "archived in the ledger" in answer.text
    assert "alone" not in linked(house)


def test_ticked_contacts_are_linked_to_the_suggestion_that_was_shown(seen: Visitor, house: House) -> None:
    page = seen.get(place(house))
    best = [tag["value"] for tag in page.tags("input") if tag.get("name") == "best"]
    answer = seen.follow(place(house, "/accept"), {"pick": ["alike", "alone"], "best": best})
    assert "1 contact linked" in answer.text
    assert "mail" not in linked(house)
    assert linked(house)["alike"] == target(house, "Northern Lights Limited")
    assert "Tick contacts" in seen.follow(place(house, "/accept"), {"best": best}).text


def test_suggestions_are_counted_before_they_are_accepted(seen: Visitor, house: House) -> None:
    assert "No suggestion scores that much" in seen.get(place(house, "/accept-all?at_least=0.95")).text
    page = seen.get(place(house, "/accept-all?at_least=0.90"))
    assert page.faults == []
    assert "1 contact would be linked" in page.text
    assert "1 contact linked" in seen.follow(place(house, "/accept-all"), {"at_least": "0.90"}).text
    assert linked(house)["mail"] == target(house, "Ann's shop")


def test_a_merged_contact_shows_the_one_it_was_merged_into_and_is_healed_only_by_a_person(
    seen: Visitor, house: House
) -> None:
    heir = target(house, "Ann's shop")
    house.books.merge(target(house, "Linked Ltd"), heir)
    house.run_ledger()
    page = seen.get(place(house, "?state=broken"))
    assert "It was merged into Ann's shop" in page.text
    assert linked(house)["linked"] == target(house, "Linked Ltd")
    seen.follow(
        place(house, "/accept"),
        {"pick": "linked", "best": f"linked\t{heir}"},
    )
    assert linked(house)["linked"] == heir
    assert rows(seen.get(place(house, "?state=linked"))) == ["linked"]


def test_a_merged_contact_is_linked_to_an_heir_that_another_customer_has_only_when_a_person_ticks_that_they_may(
    seen: Visitor, house: House
) -> None:
    heir = target(house, "Ann's shop")
    seen.follow(place(house, "/link"), {"pair": f"mail\t{heir}"})
    house.books.merge(target(house, "Linked Ltd"), heir)
    house.run_ledger()
    page = seen.get(place(house, "?state=broken"))
    assert page.faults == []
    assert "Linked already: Acme. Two customers would share one contact" in page.text
    assert f"linked\t{heir}" not in [tag["value"] for tag in page.tags("input") if tag.get("name") == "best"]
    assert "say that they may" in page.text
    refused = seen.follow(place(house, "/accept"), {"pick": "linked", "best": f"linked\t{heir}"}).text
    assert "Linked Ltd: It would share one contact of the ledger with Acme. Link it on its own page." in refused
    assert linked(house)["linked"] != heir
    seen.follow(place(house, "/link"), {"pair": f"linked\t{heir}", "share": "yes"})
    assert linked(house)["linked"] == heir


def test_an_heir_that_only_a_supplier_has_is_a_customers_suggestion(seen: Visitor, house: House) -> None:
    heir = target(house, "Seller")
    house.books.merge(target(house, "Linked Ltd"), heir)
    house.run_ledger()
    page = seen.get(place(house, "?state=broken"))
    assert f"linked\t{heir}" in [tag["value"] for tag in page.tags("input") if tag.get("name") == "best"]
    seen.follow(place(house, "/accept"), {"pick": "linked", "best": f"linked\t{heir}"})
    assert linked(house)["linked"] == heir


def test_of_two_ticked_customers_none_is_linked_to_a_contact_that_both_would_share(seen: Visitor, house: House) -> None:
    one = target(house, "Northern Lights Limited")
    both = {"pick": ["alone", "alike"], "best": [f"alone\t{one}", f"alike\t{one}"]}
    assert "2 contacts not changed" in seen.follow(place(house, "/accept"), both).text
    assert one not in linked(house).values()


# -- the other decisions -------------------------------------------------------------------------------------------


def test_unlinking_says_what_it_means_and_writes_nothing(seen: Visitor, house: House) -> None:
    page = seen.get(place(house, "/unlink?contact=linked"))
    assert page.faults == []
    assert "Nothing is written to either system" in page.text
    assert "linked" in linked(house)
    writes = house.books.writes
    answer = seen.follow(place(house, "/unlink"), {"pick": "linked", "then": "keep", "reason": "mixed up"})
    assert "1 contact unlinked. Nothing was written" in answer.text
    assert ("linked" in linked(house), house.books.writes) == (False, writes)
    assert "Ignored: mixed up" in seen.get(place(house, "?state=ignored")).text


def test_a_contact_is_ignored_only_with_a_reason_and_comes_back(seen: Visitor, house: House) -> None:
    assert seen.get(place(house, "/ignore?contact=alone")).faults == []
    asked = seen.post(place(house, "/ignore"), {"pick": "alone", "reason": " "})
    assert (asked.status, asked.faults) == (422, [])
    seen.follow(place(house, "/ignore"), {"pick": "alone", "reason": HOSTILE})
    page = seen.get(place(house, "?state=ignored"))
    assert rows(page) == ["alone"]
    assert HOSTILE not in page.html
    assert "1 contact no longer ignored" in seen.follow(place(house, "/unignore"), {"pick": "alone"}).text
    assert rows(seen.get(place(house, "?state=ignored"))) == []


def test_a_document_whose_contact_was_ignored_says_by_whom_when_and_why_and_leads_to_it(
    seen: Visitor, house: House
) -> None:
    seen.post(place(house, "/ignore"), {"pick": "alone", "reason": "a test sale"})
    house.clock.sleep(3_600)
    seen.post(place(house, "/ignore"), {"pick": "mail", "reason": "another one"})
    house.sync()
    (held,) = house.operations(kind="invoice", state="held")
    for path in (f"/operations/{held.id}", f"/operations/{held.id}/document"):
        page = seen.get(path, follow_redirects=True)
        assert page.faults == []
        said = f"The contact {HOSTILE} was ignored by {OWNER}, 2026-03-01 09:00 UTC : “a test sale”. See the contact"
        assert said in page.text
        assert place(house, "?contact=alone") in [tag["href"] for tag in page.tags("a")]
    seen.post(place(house, "/unignore"), {"pick": "alone"})
    assert "was ignored" not in seen.get(f"/operations/{held.id}").text


def test_who_skipped_a_contact_or_kept_it_back_when_unlinking_is_told_as_well(seen: Visitor, house: House) -> None:
    house.person.drop([row.id for row in house.operations(source_id="alone", state="proposed")], "for now")
    seen.post(place(house, "/unlink"), {"pick": "linked", "reason": "mixed up", "then": "keep"})
    put(house, invoice("i2", contact_id="linked"))
    house.sync()
    said = " ".join(seen.get(f"/operations/{row.id}").text for row in house.operations(kind="invoice", state="held"))
    assert "was ignored by bookkeeper, 2026-03-01 09:00 UTC : “for now”" in said
    assert f"The contact Linked Ltd was ignored by {OWNER}, 2026-03-01 09:00 UTC : “mixed up”" in said


def test_taking_back_what_was_not_ignored_says_so(seen: Visitor, house: House) -> None:
    answer = seen.follow(place(house, "/unignore"), {"pick": "alone"})
    assert "None of the ticked contacts was ignored. Nothing was changed." in answer.text


def test_ticking_nothing_changes_nothing_and_says_so(seen: Visitor, house: House) -> None:
    for verb in ("/ignore", "/unlink", "/upload"):
        assert "Tick contacts first. Nothing was changed." in seen.follow(place(house, verb), {}).text
    asked = seen.post(place(house, "/ignore"), {"pick": ["alone", "mail"]})
    assert (asked.status, asked.faults) == (200, [])
    assert "Ignore 2 contacts" in asked.text


def test_a_contact_is_uploaded_as_new(seen: Visitor, house: House) -> None:
    answer = seen.follow(place(house, "/upload"), {"pick": "alone"})
    assert "1 contact approved to be sent" in answer.text
    house.run_ledger()
    assert "alone" in linked(house)


def test_a_contact_that_the_hub_made_is_named_as_it_was_posted_before_the_ledger_is_read_again(
    seen: Visitor, house: House
) -> None:
    put(house, contact("new", "Brand New Ltd"))
    house.run_stock()
    seen.follow(place(house, "/upload"), {"pick": "new"})
    house.run_ledger()
    links = table(Link)
    with house.hub.store.write() as db:  # a ledger may number contacts by a mark of ours
        db.execute(sa.update(links).where(links.c.source_id == "new").values(target_number="LP-9622cb29"))
    for rest in ("?state=linked", "/unlink?contact=new", "/link?contact=new"):
        text = seen.get(place(house, rest)).text
        assert "LP-9622cb29" not in text
        assert text.count("Brand New Ltd") > 1
    searched = seen.get(place(house, "/link?contact=alone&text=brand"))
    assert searched.faults == []
    assert "Brand New Ltd" in searched.text
    assert "No active contact of the ledger fits" not in searched.text


def test_what_changed_since_is_shown_and_sent_again(seen: Visitor, house: House) -> None:
    put(house, contact("linked", "Linked Limited"))
    house.run_stock()
    page = seen.get(place(house, "?state=changed"))
    assert page.faults == []
    assert "Name: Linked Ltd → Linked Limited" in page.text
    seen.follow(place(house, "/upload"), {"pick": "linked"})
    house.run_ledger()
    assert house.books.entries[linked(house)["linked"]].native["name"] == "Linked Limited"


def test_nothing_is_uploaded_while_the_flow_is_off(seen: Visitor, house: House) -> None:
    house.set_flow(Kind.CONTACT, FlowMode.OFF)
    assert "The flow of contacts is off: you can link" in seen.get(place(house)).text
    assert "Switch it to review" in seen.follow(place(house, "/upload"), {"pick": "alone"}).text


def test_every_decision_is_audited_and_needs_a_token(seen: Visitor, house: House) -> None:
    seen.follow(place(house, "/link"), {"pair": f"alone\t{target(house, 'Northern Lights Limited')}"})
    events = table(AuditEvent)
    with house.hub.store.read() as db:
        found = db.execute(sa.select(events).where(events.c.what == "linked")).one()
    assert (found.actor, found.details["source"]) == (OWNER, "alone")
    for verb in ("link", "accept", "accept-all", "upload", "unlink", "ignore", "unignore"):
        assert seen.client.post(place(house, f"/{verb}"), data={"pick": "alone"}).status_code == 400


# -- fifty thousand ------------------------------------------------------------------------------------------------


@pytest.fixture
def crowded(tmp_path: Path, sqlite_template: Path, vault: Vault) -> Iterator[House]:
    """Fifty thousand contacts on each side."""
    shutil.copy(sqlite_template, tmp_path / "hub.db")
    store = Store(f"sqlite:///{tmp_path / 'hub.db'}")
    house = called(store, vault)
    house.set_flow(Kind.CONTACT, FlowMode.OFF)
    ours, theirs = (
        [
            Contact(
                external_id=f"{sign}{n}",
                name=f"Trader {n:05} {form}",
                email=f"t{n}@t{n}.test",
                tax_number=f"GB{100_000_000 + n}" if n % 3 == 0 else "",
            )
            for n in range(MANY)
        ]
        for sign, form in (("s", "Ltd"), ("l", "Limited"))
    )
    with store.write() as db:
        for connection_id, contacts in ((house.stock_id, ours), (house.ledger_id, theirs)):
            store.insert(db, Snapshot, [_snapshot(connection_id, each) for each in contacts])
            store.insert(db, table(ContactEntry), [entry_of(connection_id, each) for each in contacts])
    assert store.gather_statistics(), "as at the end of the feed that reads so many"
    yield house
    store.dispose()


def test_who_shares_a_value_is_found_by_the_index_of_each_value(crowded: House) -> None:
    with crowded.hub.store.read() as db:
        row = db.execute(sa.select(table(Integration))).one()
        integration, ours = Integration(**row._mapping), [f"s{n}" for n in range(20)]
        with overheard() as asked:
            found = suggest(db, integration, ours, by_name=ByName.NONE)
        assert [each.target_id for each in found["s3"]] == ["l3"]
        assert found["s3"][0].reasons[0] == "VAT number equal"
        [look] = [plan(db, sql, sent) for sql, sent in asked if "UNION" in sql]
    assert set(re.findall(r"contact_entry USING (?:COVERING )?INDEX (contact_\w+) \((.*?)\)", look)) == {
        (f"contact_entry_{column}", f"connection_id=? AND {column}=?") for column in ("tax_number", "email", "name")
    }
    assert "SCAN contact_entry" not in look


def _snapshot(connection_id: int, document: Contact) -> dict[str, Any]:
    return {
        "connection_id": connection_id,
        "feed": "records",
        "record_id": document.external_id,
        "kind": "contact",
        "external_id": document.external_id,
        "natural_key": fold(document.name),
        "label": document.name,
        "document": document.model_dump_json(),
        "fingerprint": document.fingerprint(),
        "seen_at": datetime(2026, 1, 1, tzinfo=UTC),
    }


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """The statements that are carried out meanwhile."""
    statements: list[str] = []

    def note(_db: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    engines = {store.engine, store._reader, store._pages}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    yield statements
    for engine in engines:
        sa.event.remove(engine, "before_cursor_execute", note)


def test_a_placeholder_that_thousands_have_hides_nobody_with_an_address_of_their_own(
    store: Store, vault: Vault
) -> None:
    house = called(store, vault)
    ours = [
        Contact(external_id=id, name=name, email=mail) for id, name, mail in (("a", "Ash", NONE), ("b", "Birch", OWN))
    ]
    theirs = [Contact(external_id=f"l{n}", name=f"Tree {n}", email=NONE) for n in range(READ_AT_MOST)]
    theirs.append(Contact(external_id="own", name="Betula", email=OWN))
    with store.write() as db:
        for connection_id, contacts in ((house.stock_id, ours), (house.ledger_id, theirs)):
            store.insert(db, Snapshot, [_snapshot(connection_id, each) for each in contacts])
            store.insert(db, table(ContactEntry), [entry_of(connection_id, each) for each in contacts])
    with store.read() as db:
        row = db.execute(sa.select(table(Integration))).one()
        found = suggest(db, Integration(**row._mapping), ["a", "b"])
    assert [each.target_id for each in found["b"]] == ["own"]
    assert clear_best(found["a"], 0.5) is None


@pytest.mark.parametrize("present", [1, 2])
def test_contacts_that_the_ledger_no_longer_has_hide_none_that_it_has(store: Store, vault: Vault, present: int) -> None:
    house = called(store, vault)
    theirs = [Contact(external_id=f"l{n}", name=f"Tree {n}", email=NONE) for n in range(READ_AT_MOST + present)]
    with store.write() as db:
        gone = [{**_snapshot(house.ledger_id, each), "withdrawn": True} for each in theirs[:READ_AT_MOST]]
        there = [{**_snapshot(house.ledger_id, each), "withdrawn": False} for each in theirs[READ_AT_MOST:]]
        ours = Contact(external_id="a", name="Ash", email=NONE)
        store.insert(db, Snapshot, [*gone, *there, {**_snapshot(house.stock_id, ours), "withdrawn": False}])
        entries = [entry_of(house.ledger_id, each) for each in theirs]
        store.insert(db, table(ContactEntry), [*entries, entry_of(house.stock_id, ours)])
    with store.read() as db:
        row = db.execute(sa.select(table(Integration))).one()
        found = suggest(db, Integration(**row._mapping), ["a"])["a"]
    assert {each.target_id for each in found} == {each.external_id for each in theirs[READ_AT_MOST:]}
    assert (clear_best(found, 0.5) is None) == (present == 2)


NONE, OWN = "none@example.test", "office@birch.test"


def test_a_page_of_fifty_thousand_contacts_takes_a_handful_of_statements(crowded: House) -> None:
    seen = visitor(crowded)
    with counted(crowded.hub.store) as statements:
        page = seen.get(place(crowded, "?page=700"))
    assert page.faults == []
    assert len(rows(page)) == 20
    assert "50,000 contacts, 13,981 to 14,000 shown" in page.text
    assert "Suggested (50,000)" in page.text
    assert page.text.count("e-mail equal") == 20
    assert len([each for each in statements if each.startswith("SELECT")]) <= 14
    documents = [each for each in statements if re.search(r"SELECT[^(]*\bdocument\b", each.split("FROM")[0])]
    assert documents == [], "the page of a list needs no document"


def test_the_search_among_fifty_thousand_takes_a_handful_of_statements(crowded: House) -> None:
    seen = visitor(crowded)
    with counted(crowded.hub.store) as statements:
        page = seen.get(place(crowded, "/link?contact=s41000&text=trader 4100"))
    assert "Trader 41000 Limited" in page.text
    assert len([each for each in statements if each.startswith("SELECT")]) <= 9
