"""Connecting by signing in at the vendor, over real HTTP."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from houses import House, called
from visitors import Seen, Vendor, Visitor, visitor

from hub.models import ConnectionRow, OAuthRequest, table
from hub.store import Store
from hub.vault import Vault

GOOD = {"shop": "client", "key": "client-secret", "plan": "small", "parallel": "2", "friendly_name": "Our books"}
NEW = "/connections/new/vendor"


pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def vendor(platform: Any, reply: Any) -> Vendor:
    tokens = json.dumps({"access_token": "access", "refresh_token": "refresh", "expires_in": 1800}).encode()
    platform.respond = lambda seen: reply(body=tokens)
    return Vendor(platform.url)


@pytest.fixture
def house(store: Store, vault: Vault, vendor: Vendor) -> House:
    house = called(store, vault, on=False)
    house.hub.providers[vendor.name] = vendor
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def asked(page: Seen) -> dict[str, str]:
    """What the vendor is asked for by the way the page shows."""
    address = next(tag["href"] for tag in page.tags("a") if "/authorize?" in tag.get("href", ""))
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def connections(house: House) -> list[Any]:
    with house.hub.store.read() as db:
        rows = table(ConnectionRow)
        return list(db.execute(sa.select(rows).where(rows.c.provider == "vendor")))


def test_a_person_is_sent_to_the_vendor_and_comes_back_connected(seen: Visitor, house: House, platform: Any) -> None:
    page = seen.follow(NEW, GOOD)
    question = asked(page)
    assert page.faults == []
    assert question["client_id"] == "client"
    assert question["redirect_uri"] == "http://localhost:8080/oauth/callback"
    assert question["code_challenge_method"] == "S256"
    back = seen.get(f"/oauth/callback?code=abc&state={question['state']}")
    assert back.status == 303
    assert "Our books is connected" in seen.get(back.location).text
    assert platform.seen[0].form["code"] == "abc"
    (row,) = connections(house)
    assert (row.account_id, row.name) == ("one", "Our books")
    assert row.consent_id is not None
    with house.hub.store.read() as db:
        assert db.execute(sa.select(table(OAuthRequest))).all() == []


def test_the_secret_travels_neither_in_the_page_nor_in_the_cookie(seen: Visitor) -> None:
    page = seen.follow(NEW, GOOD)
    assert "client-secret" not in page.html
    cookie = seen.client.get_cookie("hub_session")
    assert cookie is not None
    with seen.client.session_transaction() as session:
        assert "client-secret" not in json.dumps(dict(session))


def test_one_of_several_accounts_is_chosen(seen: Visitor, house: House, vendor: Vendor) -> None:
    vendor.consent.reached = {"one": "One Ltd", "two": "Two <Ltd>"}
    state = asked(seen.follow(NEW, GOOD))["state"]
    page = seen.get(seen.get(f"/oauth/callback?code=abc&state={state}").location)
    assert page.faults == []
    assert "Two <Ltd>" in page.text
    assert connections(house) == []
    assert "Please choose one" in seen.follow("/oauth/account", {"account": "three"}).text
    assert "Our books is connected" in seen.follow("/oauth/account", {"account": "two"}).text
    assert [row.account_id for row in connections(house)] == ["two"]
    assert seen.get("/oauth/account").status == 400


def test_a_refusal_at_the_vendor_is_told(seen: Visitor, house: House) -> None:
    state = asked(seen.follow(NEW, GOOD))["state"]
    back = seen.get(f"/oauth/callback?error=access_denied&error_description=You+said+no&state={state}")
    page = seen.get(back.location)
    assert "the access was not allowed there (You said no)" in page.text
    assert "Nothing was changed." in page.text
    assert (page.value("shop"), page.value("friendly_name")) == ("client", "Our books")
    assert "client-secret" not in page.html
    assert connections(house) == []


def test_permissions_that_the_vendor_refuses_are_told_in_plain_words_at_the_filled_form(seen: Visitor) -> None:
    state = asked(seen.follow(NEW, {**GOOD, "plan": "large"}))["state"]
    page = seen.get(seen.get(f"/oauth/callback?error=invalid_scope&state={state}").location)
    assert "it does not let your app ask for these permissions. Choose the other entry under Permissions" in page.text
    assert "large" in [tag["value"] for tag in page.tags("option") if "selected" in tag]
    assert page.value("shop") == "client"


def test_a_wrong_secret_leads_back_to_the_filled_form(seen: Visitor, platform: Any, reply: Any) -> None:
    state = asked(seen.follow(NEW, GOOD))["state"]
    platform.respond = lambda seen: reply(status=401, body=b'{"error": "invalid_client"}')
    page = seen.get(seen.get(f"/oauth/callback?code=abc&state={state}").location)
    assert "Vendor refuses the client id or secret" in page.text
    assert page.value("shop") == "client"


def test_a_way_back_that_nobody_began_is_refused(seen: Visitor) -> None:
    assert seen.get("/oauth/callback?code=abc&state=made-up").status == 400
    assert seen.get("/oauth/callback?code=abc&state=grant:made-up").status == 400
    assert seen.get("/oauth/callback").status == 400


def test_another_browser_can_not_finish_a_sign_in(seen: Visitor, house: House) -> None:
    state = asked(seen.follow(NEW, GOOD))["state"]
    page = visitor(house).get(f"/oauth/callback?code=abc&state={state}")
    assert page.status == 400
    assert "another browser session" in page.text
    assert "the hub opened as http://localhost:8080." in page.text
    assert connections(house) == []


def test_a_page_opened_under_another_name_of_this_machine_leads_to_the_name_that_sign_ins_come_back_to(
    seen: Visitor,
) -> None:
    other = {"base_url": "http://127.0.0.1:8080"}
    assert seen.get(f"{NEW}?x=1", **other).location == f"http://localhost:8080{NEW}?x=1"
    assert seen.get("/healthz", **other).status == 200
    assert seen.get(NEW, base_url="http://127.0.0.1:9999").location.startswith("/") is True
    assert seen.get(NEW, base_url="http://localhost:8080").status == 200


def test_a_way_back_works_once(seen: Visitor, house: House) -> None:
    state = asked(seen.follow(NEW, GOOD))["state"]
    seen.get(f"/oauth/callback?code=abc&state={state}")
    assert seen.get(f"/oauth/callback?code=abc&state={state}").status == 400
    assert len(connections(house)) == 1


def test_reconnecting_renews_the_consent_of_the_same_account(seen: Visitor, house: House, vendor: Vendor) -> None:
    state = asked(seen.follow(NEW, GOOD))["state"]
    seen.get(f"/oauth/callback?code=abc&state={state}")
    (row,) = connections(house)
    state = asked(seen.follow(f"/connections/{row.id}/reconnect", {**GOOD, "key": ""}))["state"]
    back = seen.get(f"/oauth/callback?code=def&state={state}")
    assert "is connected again" in seen.get(back.location).text
    (renewed,) = connections(house)
    assert (renewed.id, renewed.consent_id) == (row.id, row.consent_id)


def test_reconnecting_to_another_account_is_refused(seen: Visitor, house: House, vendor: Vendor) -> None:
    state = asked(seen.follow(NEW, GOOD))["state"]
    seen.get(f"/oauth/callback?code=abc&state={state}")
    (row,) = connections(house)
    state = asked(seen.follow(f"/connections/{row.id}/reconnect", GOOD))["state"]
    vendor.consent.reached = {"two": "Two Ltd"}
    back = seen.get(f"/oauth/callback?code=def&state={state}")
    assert f"/connections/{row.id}/reconnect" in back.location
    page = seen.get(back.location)
    assert "not among the accounts allowed" in page.text
    assert "Leave it empty to keep it" in page.text


def test_an_account_without_any_organisation_says_so(seen: Visitor, vendor: Vendor) -> None:
    state = asked(seen.follow(NEW, GOOD))["state"]
    vendor.consent.reached = {}
    back = seen.get(f"/oauth/callback?code=abc&state={state}")
    assert "reaches no account" in seen.get(back.location).text


def test_a_vendor_that_is_down_is_told(seen: Visitor, platform: Any, reply: Any) -> None:
    state = asked(seen.follow(NEW, GOOD))["state"]
    platform.respond = lambda seen: reply(status=500, body=b"oops")
    back = seen.get(f"/oauth/callback?code=abc&state={state}")
    page = seen.get(back.location)
    assert "did not work" in page.text
    assert page.value("shop") == "client"
