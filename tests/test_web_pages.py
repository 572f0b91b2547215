"""Every page: it answers, obeys the rules for pages, is protected, and tells nothing it should not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Blueprint
from furnishing import set_up_once
from houses import House, called, contact, invoice, item, line, put
from people import add_owner, add_person
from reconciled import reconciled
from visitors import Visitor, visitor

from hub.accounts import Sort
from hub.accounts.invitations import invite
from hub.accounts.roster import Name, Permission, Roster
from hub.documents import Kind
from hub.engine.reconciling import Proving, Signing, prove
from hub.models import Confirmation, ConnectionRow, Cursor, Flow, FlowMode, Integration, Snapshot, table
from hub.plugins import PluginInfo
from hub.scheduler import Timing, add_schedule
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault

HOSTILE = "<script>alert('x')</script>\"'&"

INFO = PluginInfo("memory", "ledgerport-memory", "1.0", ("memorystock",))


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """Documents in every state, all with hostile names."""
    house = called(store, vault)
    house.set_flow(Kind.INVOICE, FlowMode.REVIEW)
    put(house, contact(name=HOSTILE), item(code=HOSTILE))
    put(house, *(invoice(f"i{n}", f"{HOSTILE}-{n}") for n in range(4)))
    put(house, invoice("unmapped", HOSTILE, lines=(line(account=HOSTILE),)), invoice("old", date="2025-01-01"))
    house.shelf.put("odd")
    house.shelf.odd["odd"] = HOSTILE
    house.sync()
    proposed = house.operations(state="proposed")
    house.person.approve([proposed[0].id])
    house.run_ledger()
    house.person.drop([proposed[1].id], HOSTILE)
    add_schedule(house.hub, house.stock_id, Timing("cron", "30 6 * * 1-5", name=HOSTILE))
    row = reconciled(house)
    assert row.state == "done", row.problem
    Signing(house.hub, "bookkeeper").sign(row.id or 0, HOSTILE)
    prove(house.hub, Proving(house.hub, "bookkeeper").ask(house.integration_id))
    return house


def paths(seen: Visitor, arguments: dict[str, Any], method: str) -> Iterator[str]:
    with seen.app.test_request_context():
        adapter = seen.app.create_url_adapter(None) or seen.app.url_map.bind("localhost")
        for rule in seen.rules(method):
            each = {name: arguments[name] for name in rule.arguments}
            yield adapter.build(rule.endpoint, each, method=method)


def snapshot_of(house: House) -> int:
    rows = table(Snapshot)
    chosen = sa.select(sa.func.min(rows.c.id)).where(rows.c.connection_id == house.stock_id, rows.c.kind == "invoice")
    with house.hub.store.read() as db:
        return int(db.execute(chosen).scalar_one())


def arguments_of(house: House) -> dict[str, Any]:
    return {
        "connection_id": house.stock_id,
        "integration_id": house.integration_id,
        "flow_id": house.flow(Kind.INVOICE).id,
        "operation_id": house.operations(state="proposed")[0].id,
        "snapshot_id": snapshot_of(house),
        "link_id": house.links()[-1].id,
        "run_id": 1,
        "schedule_id": 1,
        "exchange_id": 1,
        "provider_name": "memorystock",
        "where": "account",
        "step": "sign_in",
        "currency": "GBP",
        "name": INFO.name,
        "reconciliation_id": 1,
        "sign_off_id": 1,
        "proof_id": 1,
        "measure": "stock",
        "cause": "not_posted",
        **people_of(house),
    }


def people_of(house: House) -> dict[str, Any]:
    """Somebody else, and an invitation that waits."""
    owner, other = add_owner(house.hub), add_person(house.hub, "bob@example.com")
    token = invite(Roster(house.hub, owner), Name("Ann", HOSTILE, "ann@example.com"), Permission(Sort.CLIENT))
    return {"person_id": other.id, "invitation_id": 1, "token": token}


NEEDS_MORE = ("/calls/1", "/oauth/callback", "/oauth/account", "/attention/group")
"""Pages that are only there on the way from another one; they have tests of their own."""
ENDED = ("/runs/1/live", "/reconciliations/1/live", "/proofs/1/live")
"""Polls of what has ended, which answer that there is nothing more to ask for."""


def test_every_page_answers_and_obeys_the_rules_for_pages(house: House) -> None:
    seen = visitor(house, installed=[INFO])
    visited = 0
    for path in paths(seen, arguments_of(house), "GET"):
        if path in ("/healthz", *ENDED, *NEEDS_MORE):
            continue
        page = seen.get(path, follow_redirects=True)
        if "text/html" not in page.headers["Content-Type"]:  # a sheet, a picture
            assert (path, page.status) == (path, 200)
            continue
        assert (path, page.status, page.faults) == (path, 200, [])
        assert "<script>alert" not in page.html, path
        visited += 1
    assert visited >= 28


def test_every_list_answers_in_an_empty_hub(store: Store, vault: Vault) -> None:
    house = called(store, vault, on=False)
    with store.write() as db:
        for model in (Flow, Confirmation, Integration, Cursor, ConnectionRow):
            db.execute(sa.delete(table(model)))
    seen = visitor(house)
    lists = [rule.rule for rule in seen.rules("GET") if not rule.arguments]
    for path in lists:
        if path in ("/healthz", *NEEDS_MORE):
            continue
        page = seen.get(path, follow_redirects=True)
        if "text/html" not in page.headers["Content-Type"]:  # a sheet, a picture
            assert (path, page.status) == (path, 200)
            continue
        assert (path, page.status, page.faults) == (path, 200, [])
    assert "Nothing is connected yet" in seen.get("/").text


def test_pages_of_things_that_are_not_there_say_so(store: Store, vault: Vault) -> None:
    house = called(store, vault, on=False)
    seen = visitor(house)
    names = (
        "connection_id",
        "integration_id",
        "flow_id",
        "operation_id",
        "snapshot_id",
        "link_id",
        "run_id",
        "schedule_id",
        "exchange_id",
        "person_id",
        "invitation_id",
        "reconciliation_id",
        "sign_off_id",
        "proof_id",
    )
    nowhere: dict[str, Any] = dict.fromkeys(names, 999999) | {
        "provider_name": "nobody",
        "name": "nobody",
        "where": "nothing",
        "step": "nothing",
        "token": "nothing",
        "measure": "nothing",
        "cause": "nothing",
        "currency": "XXX",
    }
    checked = 0
    for method in ("GET", "POST"):
        for path in paths(seen, nowhere, method):
            if "999999" in path or "nobody" in path:
                page = seen.get(path) if method == "GET" else seen.post(path)
                assert (path, page.status, page.faults) == (path, 404, [])
                checked += 1
    assert checked >= 35


def test_no_change_is_made_without_a_token(house: House) -> None:
    seen = visitor(house)
    before = house.operations()
    refused = 0
    for path in paths(seen, arguments_of(house), "POST"):
        answer = seen.client.post(path, data={"reason": "x", "sure": "yes"})
        assert (path, answer.status_code) == (path, 400)
        refused += 1
    assert refused >= 25
    assert house.operations() == before


def test_no_page_makes_a_change_by_being_looked_at(house: House) -> None:
    seen = visitor(house)
    arguments = arguments_of(house)
    with house.hub.store.read() as db:
        before = db.exec_driver_sql("SELECT count(*) FROM audit_event").scalar_one()
    for path in paths(seen, arguments, "GET"):
        seen.get(path)
    with house.hub.store.read() as db:
        assert db.exec_driver_sql("SELECT count(*) FROM audit_event").scalar_one() == before


def test_every_answer_forbids_inline_scripts_frames_and_guessing(store: Store, vault: Vault) -> None:
    seen = visitor(called(store, vault, on=False))
    for path in ("/", "/nowhere", "/healthz", "/static/hub.css", "/static/htmx/htmx.min.js"):
        headers = seen.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
    for path in ("/", "/sign-in"):
        assert seen.get(path).headers["Cache-Control"] == "no-store"


def test_nothing_is_loaded_from_elsewhere(store: Store, vault: Vault) -> None:
    seen = visitor(called(store, vault, on=False))
    page = seen.get("/")
    loaded = [tag["href"] for tag in page.tags("link")] + [tag["src"] for tag in page.tags("script")]
    assert len(loaded) >= 4
    for address in loaded:
        assert address.startswith("/")
        assert seen.get(address).status == 200
    config = next(tag["content"] for tag in page.tags("meta") if tag.get("name") == "htmx-config")
    assert config == '{"includeIndicatorStyles": false, "allowEval": false}'


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(store: Store, vault: Vault) -> None:
    seen = visitor(called(store, vault, on=False))
    cookie = seen.get("/schedules/new").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_the_session_cookie_is_secure_behind_https(store: Store, vault: Vault) -> None:
    house = called(store, vault, on=False)
    house.hub.settings = load_settings(base_url="https://hub.example.com")
    page = visitor(house).get("/sign-in", base_url="https://hub.example.com")
    assert "Secure" in page.headers["Set-Cookie"]


def test_a_request_for_another_host_is_refused(store: Store, vault: Vault) -> None:
    seen = visitor(called(store, vault, on=False))
    refused = seen.get("/", headers={"Host": "evil.example.com"})
    assert refused.status == 400
    assert "evil" not in refused.html
    assert seen.get("/plugins", headers={"Host": "127.0.0.1:8080"}).location == "http://localhost:8080/plugins"


def test_more_than_the_hub_takes_is_refused(store: Store, vault: Vault) -> None:
    seen = visitor(called(store, vault, on=False))
    refused = seen.client.post("/preferences/theme", data={"csrf_token": seen.token(), "theme": "x" * 9 * 1024 * 1024})
    assert refused.status_code == 413
    assert "larger than the hub takes" in refused.get_data(as_text=True)


def test_an_unexpected_error_gives_a_reference_and_keeps_its_secrets(
    store: Store, vault: Vault, caplog: pytest.LogCaptureFixture
) -> None:
    pages = Blueprint("broken", __name__)

    @pages.get("/broken")
    def broken() -> str:
        raise RuntimeError("password=hunter2")

    seen = visitor(called(store, vault, on=False), blueprints=[pages])
    with caplog.at_level(logging.ERROR):
        page = seen.get("/broken")
    assert page.status == 500
    assert page.faults == []
    assert "hunter2" not in page.html
    assert "Traceback" not in page.html
    reference = page.text.split("which the log explains: ")[1].split()[0]
    assert reference in caplog.text
    assert "hunter2" in caplog.text


def test_a_plugins_form_needs_the_token_but_its_machine_endpoint_does_not(store: Store, vault: Vault) -> None:
    pages = Blueprint("own", __name__)

    @pages.post("/own/form")
    def form() -> str:
        return "saved"

    @pages.post("/own/machine")
    def machine() -> str:
        return "heard"

    machine.csrf_exempt = True  # type: ignore[attr-defined]
    seen = visitor(called(store, vault, on=False), blueprints=[pages])
    assert seen.client.post("/own/form").status_code == 400
    assert seen.post("/own/form").text == "saved"
    client = seen.app.test_client()
    assert client.post("/own/form").location == "/sign-in"
    assert client.post("/own/machine").get_data(as_text=True) == "heard"


def test_a_page_asked_for_in_the_wrong_way_says_so(store: Store, vault: Vault) -> None:
    page = visitor(called(store, vault, on=False)).get("/ready/approve")
    assert page.status == 405
    assert page.faults == []


def test_health_says_when_the_database_is_gone(vault: Vault, store: Store) -> None:
    seen = visitor(called(store, vault, on=False))
    with store.write() as db:
        db.exec_driver_sql("DROP TABLE lease")
    assert seen.get("/healthz").status == 200
    seen.app.extensions["hub"].store = Store("postgresql://nobody@127.0.0.1:1/none")
    assert seen.get("/healthz").status == 503
