"""The dashboard: one sentence, and counts that add up."""

from __future__ import annotations

import base64
import hashlib
import sys
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from houses import Clock, House, called, contact, invoice, line, put
from people import add_person
from statements import counting
from visitors import Seen, Visitor, visitor

from hub.accounts import Sort
from hub.app import create_app
from hub.documents import Kind
from hub.engine import Hub
from hub.errors import Problem
from hub.models import (
    Bucket,
    ConnectionRow,
    FlowMode,
    NativeRecord,
    OperationRow,
    Run,
    Schedule,
    Snapshot,
    table,
)
from hub.scheduler import Timing, add_schedule, leadership
from hub.settings import load_settings
from hub.store import Store
from hub.testing import Books
from hub.testing.memory import Shelf
from hub.vault import Vault
from hub.web.queries.health import health, unposted
from hub.web.queries.tally import skipped_by_source, tallies


def test_every_source_document_is_counted_once(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice("posted"))
    house.sync()
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("waiting"), invoice("held", lines=(line(account="999"),)), invoice("skipped"))
    put(house, invoice("old", date="2025-01-01"))
    house.sync()
    skipped = house.operations(source_id="skipped")[0]
    house.person.drop([skipped.id], "no")
    with house.hub.store.write() as db:
        snapshots = table(Snapshot)
        row = db.execute(sa.select(snapshots).where(snapshots.c.external_id == "posted")).one()
        db.execute(sa.insert(snapshots).values(**{**row._mapping, "id": 10_000, "external_id": "new"}))
    with house.hub.store.read() as db:
        (tally,) = [each for each in tallies(db) if each.kind == "invoice"]
    assert tally.documents == 6
    assert (tally.posted, tally.waiting, tally.held, tally.skipped) == (1, 1, 1, 1)
    assert tally.rules == {"dated before the start date 2026-01-01": 1}
    assert tally.unplanned == 1


def test_a_skipped_document_that_stopped_being_eligible_is_counted_once(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact(), invoice("i1"))
    house.sync()
    house.person.drop([house.operations(source_id="i1")[0].id], "no")
    put(house, invoice("i1", date="2025-01-01"))
    house.sync()
    with house.hub.store.read() as db:
        (tally,) = [each for each in tallies(db) if each.kind == "invoice"]
    assert (tally.skipped, tally.not_eligible, tally.unplanned) == (0, 1, 0)


def test_a_skipped_change_of_a_document_whose_link_ended_is_counted_as_skipped(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice("i1"))
    house.sync()
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("i1", lines=(line("99.00"),)))
    house.sync()
    house.person.drop([house.operations(action="update")[0].id], "no")
    house.person.unlink(house.integration_id, Kind.INVOICE, "i1", "voided there")
    house.sync()
    with house.hub.store.read() as db:
        (tally,) = [each for each in tallies(db) if each.kind == "invoice"]
    assert (tally.documents, tally.posted, tally.skipped, tally.unplanned) == (1, 0, 1, 0)


def test_a_skipped_removal_of_a_document_whose_link_ended_is_counted_once(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice("i1"))
    house.sync()
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    house.shelf.put("r-i1")
    house.sync()
    house.person.drop([house.operations(action="void")[0].id], "no")
    house.person.unlink(house.integration_id, Kind.INVOICE, "i1", "left as it is")
    house.sync()
    with house.hub.store.read() as db:
        (tally,) = [each for each in tallies(db) if each.kind == "invoice"]
    assert (tally.documents, tally.posted, tally.skipped + tally.not_eligible, tally.unplanned) == (1, 0, 1, 0)


def test_an_open_update_of_a_posted_document_is_counted_as_posted(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice("i1"))
    house.sync()
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("i1", lines=(line("99.00"),)))
    house.sync()
    assert [row.state for row in house.operations(action="update")] == ["proposed"]
    with house.hub.store.read() as db:
        (tally,) = [each for each in tallies(db) if each.kind == "invoice"]
    assert (tally.documents, tally.posted, tally.waiting, tally.unplanned) == (1, 1, 0, 0)


def test_what_the_stock_system_keeps_back_is_counted_by_rule(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    records = table(NativeRecord)
    with store.write() as db:
        for number, skipped in enumerate(({"a": "draft", "b": "voided"}, {"c": "draft"}, {})):
            shared = {"connection_id": house.stock_id, "feed": "records", "stamp": "", "label": "", "pull": 0}
            values = {"record_id": str(number), "skipped": skipped, "seen_at": house.clock()}
            db.execute(sa.insert(records).values(**shared, **values))
    with store.read() as db:
        assert skipped_by_source(db) == [("Shelf", "draft", 2), ("Shelf", "voided", 1)]
    page = visitor(house).get("/")
    assert (page.status, page.faults) == (200, [])
    assert "no documents to post, so they are not counted above What Why Records Left in Shelf draft 2" in page.text
    assert "Not eligible, by rule" not in page.text


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault)


def seen(house: House) -> Seen:
    page = visitor(house).get("/")
    assert (page.status, page.faults) == (200, [])
    return page


# -- the sentence and the cards --------------------------------------------------------------------------------------


def test_the_sentence_says_how_far_everything_is_posted_and_what_needs_somebody(house: House) -> None:
    put(house, contact(), invoice("i1", date=date(2026, 2, 1)))
    house.sync()
    assert "All posted to 2026-02-01; nothing needs you." in seen(house).text
    put(house, invoice("i2", date=date(2026, 1, 20), lines=(line(account="999"),)))
    put(house, invoice("i3", date=date(2026, 2, 20)))
    house.sync()
    assert "All posted to 2026-01-19; 1 needs you." in seen(house).text


def test_beside_nothing_needs_you_it_says_what_is_left_out_and_what_rests(house: House) -> None:
    assert "No document was read yet." in seen(house).text
    put(house, contact(), invoice("i1", date=date(2025, 12, 31)))
    house.sync()
    house.person.set_start_date(house.integration_id, date(2027, 1, 1))
    add_schedule(house.hub, house.stock_id, Timing("interval", "1h"))
    with house.hub.store.write() as db:
        db.execute(sa.update(table(Schedule)).values(paused=True))
    text = seen(house).text
    assert "starts on 2027-01-01, which is in the future: nothing dated before it is posted." in text
    assert "1 document left out by the rules, 1 for the start date." in text
    assert "1 schedule paused: nothing is read by itself there." in text


def test_the_sentence_names_a_connection_that_fails(house: House) -> None:
    rows = table(ConnectionRow)
    problem = Problem(code="reconnect", what="Books asks for a new sign-in.").model_dump()
    with house.hub.store.write() as db:
        db.execute(sa.update(rows).where(rows.c.id == house.ledger_id).values(suspended=problem))
    page = seen(house)
    assert "1 entity fails" in page.text
    assert "Books needs a new sign-in" in page.text


def test_the_cards_lead_to_what_needs_a_person(house: House) -> None:
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact(), invoice("i1", lines=(line(account="999"),)), invoice("i2", lines=(line("100.00"),)))
    put(house, invoice("i3", currency="EUR", rate=Decimal("1.1"), lines=(line("50.00"),)))
    house.sync()
    page = seen(house)
    assert "1 needs you, 2 wait for your approval" in page.text
    assert "The account 999 is not mapped." in page.text
    assert any(tag["href"].startswith("/attention/group?") for tag in page.tags("a"))
    assert "Ready to sync 2 documents 60.00 EUR 120.00 GBP" in page.text, "one line for each currency"


def test_drafts_and_contacts_without_a_link_are_counted(house: House) -> None:
    house.set_flow(Kind.INVOICE, FlowMode.AUTOMATIC, post_as="draft")
    put(house, contact(), invoice("i1"))
    house.sync()
    house.set_flow(Kind.CONTACT, FlowMode.OFF)
    put(house, contact("c2", "Nobody's"))
    house.run_stock()
    page = seen(house)
    assert "Drafts 1 draft" in page.text
    assert "Contacts 1 contact Not linked" in page.text


def test_the_sentence_says_nothing_needs_you_only_where_no_card_says_that_something_does(house: House) -> None:
    put(house, contact(), invoice("i1"))
    house.sync()
    house.set_flow(Kind.CONTACT, FlowMode.OFF)
    put(house, contact("c2", "Nobody's"))
    house.run_stock()
    text = seen(house).text
    assert "All posted to 2026-02-01; 1 contact is not linked." in text
    house.set_flow(Kind.INVOICE, FlowMode.AUTOMATIC, post_as="draft")
    put(house, invoice("i2"), contact("c3", "Nobody else"))
    house.sync()
    text = seen(house).text
    assert "1 draft waits in the ledger, 2 contacts are not linked." in text
    assert "nothing needs you" not in text


def test_every_table_of_the_dashboard_scrolls_by_itself_on_a_narrow_screen(house: House) -> None:
    put(house, contact(), invoice("i1", date=date(2025, 12, 31)))
    house.sync()
    records = table(NativeRecord)
    left = {"connection_id": house.stock_id, "feed": "records", "stamp": "", "label": "", "pull": 0}
    with house.hub.store.write() as db:
        row = {**left, "record_id": "r-9", "skipped": {"a": "draft"}, "seen_at": house.clock()}
        db.execute(sa.insert(records).values(row))
    html = seen(house).html
    for name in ("Not eligible, by rule", "Left where they are"):
        assert f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">' in html


def test_the_calls_of_the_day_the_last_and_the_next_run_are_shown(house: House) -> None:
    add_schedule(house.hub, house.stock_id, Timing("cron", "0 18 * * *"))
    with house.hub.store.write() as db:
        db.execute(sa.update(table(ConnectionRow)).values(limits={"per_day": 5000}))
    page = seen(house)
    assert "Next run Shelf, 2026-03-01 18:00 UTC It does not start by itself: no scheduler is running" in page.text
    assert "Last run Finished" in page.text
    assert "0 used, 5,000 left of 5,000" in page.text


def test_the_next_run_starts_by_itself_while_a_scheduler_is_running(house: House) -> None:
    add_schedule(house.hub, house.stock_id, Timing("cron", "0 18 * * *"))
    running = leadership(house.hub.store)
    assert running.hold()
    try:
        page = seen(house)
    finally:
        running.release()
    assert "Next run Shelf, 2026-03-01 18:00 UTC" in page.text
    assert "no scheduler is running" not in page.text


def test_the_calls_of_a_day_add_up_when_the_platform_has_counted_more_than_we(house: House) -> None:
    row = {"day_start": house.hub.clock().timestamp() - 60, "day_used": 135, "reported_left": 4864}
    with house.hub.store.write() as db:
        db.execute(sa.update(table(ConnectionRow)).values(limits={"per_day": 5000}))
        db.execute(sa.delete(table(Bucket)))
        house.hub.store.insert(db, Bucket, [{**row, "name": f"connection:{house.ledger_id}"}])
    told = "135 used, 1 more by the platform's count, 4,864 left of 5,000"
    assert told in seen(house).text
    assert told in visitor(house).get(f"/connections/{house.ledger_id}").text


def test_before_anything_is_connected_there_are_three_steps(store: Store, vault: Vault) -> None:
    clock = Clock()
    house = House(Hub(store, vault, {}, load_settings(), clock=clock), clock, Shelf(), Books(), 0, 0, 0)
    page = seen(house)
    assert "Nothing is connected yet: three steps" in page.text
    for step in ("Connect your stock system", "Connect your ledger", "Join the two"):
        assert step in page.text
    assert "Where every document is" not in page.text


def test_who_may_not_manage_entities_is_told_who_can(store: Store, vault: Vault) -> None:
    house = called(store, vault, on=False)
    client = add_person(house.hub, "carl@example.com", sort=Sort.CLIENT)
    page = Visitor(create_app(house.hub), client).get("/")
    assert page.faults == []
    assert "for somebody with the right to manage entities: connect your stock system." in page.text
    assert "Almost there" not in page.text
    seen = Visitor(create_app(house.hub), client)
    for address in ("/contacts", "/schedules", "/integrations", "/report"):
        page = seen.get(address)
        assert page.faults == []
        assert "That is for somebody with the right to manage entities." in page.text, address
        links = {tag.get("href", "") for tag in page.tags("a")}
        assert {seen.get(link).status for link in links if link.startswith("/")} == {200}, address


def test_a_step_that_is_done_is_ticked(store: Store, vault: Vault) -> None:
    page = seen(called(store, vault, on=False))
    assert "Next: join the two, and choose what is posted." in page.text
    assert "Connect your ledger Done" in page.text


# -- charts ----------------------------------------------------------------------------------------------------------


def test_each_chart_has_a_title_a_reading_and_a_table(house: House) -> None:
    put(house, contact())
    house.sync()
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, invoice("i1", date=date(2026, 2, 1)), invoice("i2", date=date(2026, 2, 27)))
    house.sync()
    page = seen(house)
    images = page.tags("img")
    assert all(tag["alt"] and tag["width"] and tag["height"] for tag in images)
    assert {tag["src"] for tag in images} == {
        *("/charts/health.svg?theme=light", "/charts/health.svg?theme=dark"),
        *("/charts/unposted/GBP.svg?theme=light", "/charts/unposted/GBP.svg?theme=dark"),
    }
    assert "In the last 30 days 1 record was posted, 0 skipped and 0 refused." in page.text
    assert "Not posted: 24.00 GBP, the oldest 8 to 30 days." in page.text
    assert "GBP 12.00 12.00 0.00 0.00 0.00 24.00" in page.text


@pytest.mark.parametrize("address", ["/charts/health.svg", "/charts/unposted/GBP.svg?theme=dark"])
def test_a_chart_is_an_image_without_script_that_its_own_policy_lets_look_right(house: House, address: str) -> None:
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact(), invoice("i1"))
    house.sync()
    image = visitor(house).get(address)
    assert image.status == 200
    assert image.headers["Content-Type"].startswith("image/svg+xml")
    root = ElementTree.fromstring(image.html.partition("?>")[2])  # noqa: S314  (we drew it)
    names = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert "script" not in names
    attributes = {name for each in root.iter() for name in each.attrib}
    assert not {name for name in attributes if name == "style" or name.startswith("on")}
    policy = image.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for sheet in (each for each in root.iter() if each.tag.endswith("}style")):
        digest = base64.b64encode(hashlib.sha256((sheet.text or "").encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_light_and_dark_charts_differ_and_an_unknown_currency_is_not_there(house: House) -> None:
    there = visitor(house)
    assert there.get("/charts/health.svg?theme=dark").html != there.get("/charts/health.svg").html
    assert there.get("/charts/unposted/XXX.svg").status == 404


def test_thirty_days_end_today_and_hold_what_was_settled_on_each(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact(), invoice("i1"))
    house.sync()
    today = house.clock().date()
    with store.write() as db:
        rows = table(OperationRow)
        moved = house.clock() - timedelta(days=29)
        db.execute(sa.update(rows).where(rows.c.kind == "contact").values(settled_at=moved))
        mine = table(Run).c.connection_id == house.ledger_id
        db.execute(sa.update(table(Run)).where(mine).values(counts={"failed": 2}))
    with store.read() as db:
        found = health(db, today, [house.integration_id], [house.ledger_id])
    assert [found.days[0].day, found.days[-1].day] == [date(2026, 1, 31), date(2026, 3, 1)]
    assert (found.days[0].posted, found.days[-1].posted) == (1, 1)
    assert found.days[-1].failed >= 2
    assert found.failing_days == 1


def test_value_is_told_by_age_and_never_added_up_over_currencies(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact())
    for number, (day, currency) in enumerate(
        (((2026, 3, 1), "GBP"), ((2026, 2, 22), "GBP"), ((2026, 2, 21), "GBP"), ((2026, 1, 30), "EUR"))
    ):
        rate = None if currency == "GBP" else Decimal("1.1")
        put(house, invoice(f"i{number}", date=date(*day), currency=currency, rate=rate))
    house.sync()
    with store.read() as db:
        found = unposted(db, house.clock().date(), [house.integration_id])
    assert [(each.currency, each.counts) for each in found] == [("GBP", [2, 1, 0, 0, 0]), ("EUR", [0, 1, 0, 0, 0])]
    assert [each.total for each in found] == [Decimal("36.00"), Decimal("12.00")]


# -- what is remembered ----------------------------------------------------------------------------------------------


def test_what_is_remembered_is_forgotten_when_a_run_or_a_person_changes_something(house: House) -> None:
    there = visitor(house)
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact(), invoice("i1"))
    house.sync()
    assert "1 waits for your approval" in there.get("/").text
    put(house, invoice("i2"))
    house.run_stock()
    assert "2 wait for your approval" in there.get("/").text
    house.person.drop([house.operations(source_id="i2")[0].id], "no")
    assert "1 waits for your approval" in there.get("/").text


def test_a_second_look_finds_the_numbers_remembered(house: House) -> None:
    there = visitor(house)
    there.get("/")
    with counting() as asked:
        there.get("/")
    assert asked
    assert not [statement for statement in asked if "FROM snapshot" in statement]


def test_drawing_charts_leaves_the_imports_of_everybody_else_alone() -> None:
    assert [hook for hook in sys.meta_path if not hasattr(hook, "find_spec")] == []
