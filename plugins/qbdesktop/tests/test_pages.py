"""What a person does and sees: the password, the .qwc file, the company file, the settings."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import hub_qbdesktop
import pytest
from hub_qbdesktop import qwc
from hub_qbdesktop.connectors import Connectors
from hub_qbdesktop.provider import QuickBooksProvider
from hub_qbdesktop.settings import QuickBooksSettings
from hub_qbdesktop.soap import PATH
from people import add_owner, add_person
from visitors import Visitor

from hub.accounts import Sort
from hub.app import create_app
from hub.engine.connections import connect


@pytest.fixture
def owner(office: Any) -> Visitor:
    app = create_app(office.hub, blueprints=hub_qbdesktop.register_blueprints(office.hub))
    return Visitor(app, add_owner(office.hub))


def page(office: Any, rest: str = "/") -> str:
    return f"/qbdesktop/entities/{office.ledger_id}{rest}"


def test_the_page_says_what_to_do_and_waits_for_the_first_visit(office: Any, owner: Visitor) -> None:
    seen = owner.get(page(office))
    assert seen.status == 200
    assert seen.faults == []
    assert "Waiting for the first visit" in seen.text
    assert "Yes, always; allow access even if QuickBooks is not running" in seen.text
    assert "Download the .qwc file again" not in seen.text, "it was not there yet"


def test_a_new_entity_leads_to_it(office: Any, owner: Visitor) -> None:
    form = {"friendly_name": "Second books", "country": "US", "company_file": "", "minutes": "30"}
    tiles = owner.get("/connections/new").text
    assert "QuickBooks Desktop" in tiles
    assert "Reads contacts, items, accounts, tax rates, payment terms" in tiles
    after = owner.follow("/connections/new/qbdesktop", form)
    assert "Second books is saved" in after.text
    assert "Set it up on the Windows computer" in after.text
    assert after.faults == []


def test_the_entity_leads_to_it(office: Any, owner: Visitor) -> None:
    assert page(office) in owner.get(f"/connections/{office.ledger_id}").html


def test_the_file_is_the_same_whenever_it_is_downloaded(office: Any, owner: Visitor) -> None:
    first, second = (owner.get(page(office, "/ledgerport.qwc")) for _ in range(2))
    assert first.html == second.html
    root = ElementTree.fromstring(first.html)  # noqa: S314 - our own
    row = Connectors(office.hub).of(office.ledger_id)
    assert row is not None
    assert root.findtext("FileID") == row.file_id
    assert root.findtext("IsReadOnly") == "false"
    assert root.findtext("QBType") == "QBFS"
    assert root.findtext("UserName") == office.connector.user
    assert root.findtext("Scheduler/RunEveryNMinutes") == "30"
    assert "attachment" in first.headers["Content-Disposition"]
    application, support = (root.findtext(name) or "" for name in ("AppURL", "AppSupport"))
    assert application.split("/")[2] == support.split("/")[2]


def test_a_password_is_shown_once_and_ends_the_one_before(office: Any, owner: Visitor) -> None:
    old = office.connector.password
    seen = owner.post(page(office, "/password"))
    shown = seen.html.split('id="password">')[1].split("<")[0]
    assert len(shown) > 20
    assert shown not in owner.get(page(office)).html
    assert office.connector.sign_in() == "nvu"
    office.connector.password = shown
    assert office.connector.sign_in() == ""
    assert shown != old


def test_the_company_file_is_confirmed_by_a_person_and_then_written_to(office: Any, owner: Visitor) -> None:
    office.connector.visit()
    seen = owner.get(page(office))
    assert seen.faults == []
    assert "Is this the right company file?" in seen.text
    assert "Acme Trading Ltd" in seen.text
    after = owner.follow(page(office, "/company"), {"seen": seen.value("seen")})
    assert "is confirmed" in after.text
    assert "Is this the right company file?" not in after.text
    assert "Download the .qwc file again" in after.text
    row = Connectors(office.hub).of(office.ledger_id)
    assert row is not None
    assert row.confirmed_by


def test_a_company_file_that_another_entity_writes_to_is_confirmed_only_by_a_tick(office: Any, owner: Visitor) -> None:
    office.confirm()
    first = Connectors(office.hub).of(office.ledger_id)
    assert first is not None
    settings = QuickBooksSettings.model_validate({})
    second = connect(office.hub, QuickBooksProvider(), settings, name="Second books", account_id="second")
    Connectors(office.hub).made(second)
    seen = json.dumps({**json.loads(first.seen), "name": "ACME Trading Ltd", "file_id": "{another}"})
    Connectors(office.hub).change(second, seen=seen)
    address = f"/qbdesktop/entities/{second}/"
    page = owner.get(address)
    assert page.faults == []
    assert "Acme books writes to this company file already: the same name and path." in page.text
    assert "Both would post everything there twice." in page.text
    refused = owner.follow(f"{address}company", {"seen": seen})
    assert "Another entity writes to this company file already." in refused.text
    assert "Is this the right company file?" in refused.text
    assert "is confirmed" in owner.follow(f"{address}company", {"seen": seen, "twice": "yes"}).text


def test_a_file_that_changed_meanwhile_is_not_confirmed_unseen(office: Any, owner: Visitor) -> None:
    office.connector.visit()
    after = owner.follow(page(office, "/company"), {"seen": "something older"})
    assert "opened meanwhile" in after.text
    assert "Is this the right company file?" in after.text


def test_another_company_file_is_refused_by_name_and_may_be_confirmed_as_the_same_company(
    office: Any, owner: Visitor
) -> None:
    office.confirm()
    office.company.name = "Acme Trading 2026"
    office.clock.on(minutes=40)
    office.connector.visit()
    seen = owner.get(page(office))
    assert seen.faults == []
    assert "The company file that is open is Acme Trading 2026, but the hub expects Acme Trading Ltd." in seen.text
    assert "Acme Trading 2026 is not the company file that was confirmed." in seen.text
    assert "Nothing was read and nothing was written." in seen.text
    owner.follow(page(office, "/company"), {"seen": seen.value("seen")})
    office.clock.on(minutes=40)
    assert office.connector.visit()[-1] == 100


def test_the_last_trouble_is_shown_until_a_visit_is_good_again(office: Any, owner: Visitor) -> None:
    office.connector.sign_in()
    office.connector.ask()
    office.connector.tell("", "0x80040414", "")
    assert "Close the dialog in QuickBooks" in owner.get(page(office, "/standing")).text
    office.connector.visit()
    assert "Close the dialog" not in owner.get(page(office, "/standing")).text


def test_a_page_that_shows_how_it_stands_is_not_drawn_anew(office: Any, owner: Visitor) -> None:
    """Nothing is read out twice, and nobody loses their place in it."""
    (shown,) = (tag for tag in owner.get(page(office)).tags("div") if tag.get("id") == "standing")
    assert owner.get(shown["hx-get"]).status == 204
    office.connector.visit()
    later = owner.get(shown["hx-get"])
    assert later.status == 200
    assert "Acme Trading Ltd" in later.text
    assert "<html" not in later.html


def test_the_first_visit_is_told_step_by_step(office: Any, owner: Visitor) -> None:
    before = owner.get(page(office)).text
    assert "Password made: ✓ yes" in before
    assert "Web Connector seen and signed in: not yet" in before
    office.connector.visit()
    after = owner.get(page(office)).text
    assert "seen and signed in: ✓ 2026-03-01 09:00 UTC" in after
    assert r"Company file: ✓ Acme Trading Ltd C:\Books\Acme.qbw" in after
    assert "QuickBooks: ✓ QuickBooks Pro, qbXML 13.0" in after
    assert "Confirmed by a person: not yet" in after


def test_the_entity_shows_how_its_visits_stand_and_what_waits(office: Any, owner: Visitor) -> None:
    office.confirm()
    seen = owner.get(f"/connections/{office.ledger_id}")
    assert seen.faults == []
    assert "Last visit 2026-03-01 09:00 UTC" in seen.text
    assert "Next visit about 2026-03-01 09:30 UTC" in seen.text
    assert "Waiting nothing" in seen.text
    assert "for a visit shortly" not in seen.text
    assert "press Update Selected in the Web Connector" in seen.text


def test_a_wrong_password_is_told_until_the_right_one_comes(office: Any, owner: Visitor) -> None:
    right, office.connector.password = office.connector.password, "another"
    office.connector.sign_in()
    assert "came with a wrong password" in owner.get(page(office)).text
    office.clock.on(minutes=2)
    office.connector.password = right
    office.connector.visit()
    assert "wrong password" not in owner.get(page(office)).text


def test_flows_say_what_a_draft_is_in_quickbooks_and_which_kinds_have_none(office: Any, owner: Visitor) -> None:
    seen = owner.get(f"/integrations/{office.integration_id}")
    assert seen.faults == []
    assert "A draft is pending in Acme books" in seen.text
    assert "Draft (pending)" in seen.text
    assert "Acme books has no drafts of bills: they count as soon as they are posted" in seen.text


def test_a_connector_that_stays_away_is_told_with_what_to_look_for(office: Any, owner: Visitor) -> None:
    office.confirm()
    office.clock.on(minutes=60)
    assert "did not come" not in owner.get(page(office)).text
    office.clock.on(minutes=15)
    seen = owner.get(page(office))
    assert "The Web Connector did not come when it should have." in seen.text
    assert "somebody is signed in to Windows" in seen.text


def test_who_manages_no_entities_sees_how_it_stands_and_decides_nothing(office: Any, owner: Visitor) -> None:
    app = create_app(office.hub, blueprints=hub_qbdesktop.register_blueprints(office.hub))
    client = Visitor(
        app, add_person(office.hub, "clara@example.com", sort=Sort.CLIENT, access={office.ledger_id: True})
    )
    office.connector.visit()
    seen = client.get(page(office, "/standing"))
    assert "Is this the right company file?" in seen.text
    assert "Yes, write to this company" not in seen.text
    assert client.get(page(office)).status == 403


def test_settings_are_checked_and_saved(office: Any, owner: Visitor) -> None:
    wrong = owner.post(page(office, "/settings"), {"country": "US", "company_file": "Acme.qbw", "minutes": "30"})
    assert wrong.status == 422
    assert wrong.faults == []
    assert wrong.value("company_file") == "Acme.qbw"
    assert "give the full path, from the drive to .qbw, or leave it empty" in wrong.text
    right = {"country": "US", "company_file": r"C:\Books\Acme.qbw", "minutes": "15"}
    assert "saved" in owner.follow(page(office, "/settings"), right).text
    assert office.connector.sign_in() == r"C:\Books\Acme.qbw"
    assert "<RunEveryNMinutes>15<" in owner.get(page(office, "/ledgerport.qwc")).html


def test_new_ids_ask_for_the_company_file_again(office: Any, owner: Visitor) -> None:
    before = owner.get(page(office, "/ledgerport.qwc")).html
    owner.follow(page(office, "/new-ids"))
    assert owner.get(page(office, "/ledgerport.qwc")).html != before


def test_nobody_sees_it_without_signing_in(office: Any) -> None:
    app = create_app(office.hub, blueprints=hub_qbdesktop.register_blueprints(office.hub))
    add_owner(office.hub)
    stranger = Visitor(app)
    for rest in ("/", "/standing", "/ledgerport.qwc"):
        assert stranger.get(page(office, rest)).status in (302, 303), rest


def test_there_is_no_page_for_what_is_no_quickbooks(office: Any, owner: Visitor) -> None:
    assert owner.get(f"/qbdesktop/entities/{office.stock_id}/").status == 404


@pytest.mark.parametrize(
    ("base", "url", "objects"),
    [
        ("https://hub.example.com", "https://hub.example.com/x", False),
        ("http://127.0.0.1:8000", "http://localhost:8000/x", False),
        ("http://hub.example.com", "http://hub.example.com/x", True),
        ("https://192.168.1.5/hub/", "https://192.168.1.5/hub/x", True),
    ],
)
def test_addresses_that_the_web_connector_refuses_are_told(base: str, url: str, objects: bool) -> None:
    assert qwc.address(base, "/x") == url
    assert bool(qwc.objection(url)) is objects


def test_the_whole_application_lets_the_web_connector_through(office: Any) -> None:
    """It has no session, no form token, and no account at the hub."""
    app = create_app(office.hub, blueprints=hub_qbdesktop.register_blueprints(office.hub))
    add_owner(office.hub)
    body = (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        '<serverVersion xmlns="http://developer.intuit.com/" /></soap:Body></soap:Envelope>'
    )
    client = app.test_client()
    answer = client.post(PATH, data=body, content_type="text/xml")
    assert answer.status_code == 200
    assert answer.data.startswith(b"<?xml")
    assert client.get(PATH).status_code == 200
    assert client.get(PATH, headers={"Host": "somewhere.example"}).status_code == 400
