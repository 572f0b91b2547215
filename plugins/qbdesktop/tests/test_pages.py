"""What a person does and sees: the password, the .qwc file, the company file, the settings."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import hub_qbdesktop
import pytest
from hub_qbdesktop import qwc
from hub_qbdesktop.connectors import Connectors
from hub_qbdesktop.soap import PATH
from people import add_owner
from visitors import Visitor

from hub.app import create_app


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


def test_a_new_entity_leads_to_it(office: Any, owner: Visitor) -> None:
    form = {"friendly_name": "Second books", "country": "US", "company_file": "", "minutes": "30"}
    assert "QuickBooks Desktop" in owner.get("/connections/new").text
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
    row = Connectors(office.hub).of(office.ledger_id)
    assert row is not None
    assert row.confirmed_by


def test_a_file_that_changed_meanwhile_is_not_confirmed_unseen(office: Any, owner: Visitor) -> None:
    office.connector.visit()
    after = owner.follow(page(office, "/company"), {"seen": "something older"})
    assert "opened meanwhile" in after.text
    assert "Is this the right company file?" in after.text


def test_another_company_file_is_told_and_may_be_confirmed_in_its_place(office: Any, owner: Visitor) -> None:
    office.confirm()
    office.company.name = "Acme Trading 2026"
    office.clock.on(minutes=40)
    office.connector.visit()
    seen = owner.get(page(office))
    assert "Acme Trading 2026" in seen.text
    assert "Acme Trading Ltd" in seen.text
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


def test_settings_are_checked_and_saved(office: Any, owner: Visitor) -> None:
    wrong = owner.post(page(office, "/settings"), {"country": "US", "company_file": "Acme.qbw", "minutes": "30"})
    assert wrong.status == 422
    assert wrong.faults == []
    assert wrong.value("company_file") == "Acme.qbw"
    right = {"country": "US", "company_file": r"C:\Books\Acme.qbw", "minutes": "15"}
    assert "saved" in owner.follow(page(office, "/settings"), right).text
    assert office.connector.sign_in() == r"C:\Books\Acme.qbw"
    assert "<RunEveryNMinutes>15<" in owner.get(page(office, "/ledgerport.qwc")).html


def test_a_new_file_id_asks_for_the_company_file_again(office: Any, owner: Visitor) -> None:
    before = owner.get(page(office, "/ledgerport.qwc")).html
    owner.follow(page(office, "/file-id"))
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
