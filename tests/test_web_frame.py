"""The frame around every page: navigation, switch, theme, keys, and addresses that lead nowhere else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from furnishing import set_up_once
from houses import House, called, contact, join_second_ledger, put
from visitors import Visitor, visitor

from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault
from hub.web.addresses import FILTERS, local_path

WITHOUT_FORM = frozenset({"changed.show", "reconciling.ask"})
"""Lists that are filtered by what their tabs and links say."""


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """One database does: the frame asks it nothing that differs."""
    store = Store(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'hub.db')}")
    yield store
    store.dispose()


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    """One stock system that goes to two ledgers."""
    house = called(store, vault, on=False)
    join_second_ledger(house)
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def test_the_navigation_leads_to_pages_and_says_which_one_is_open(seen: Visitor) -> None:
    page = seen.get("/runs")
    links = [tag for tag in page.tags("a") if tag.get("href", "").startswith("/")]
    assert {tag["href"] for tag in links} >= {"/", "/ready", "/attention", "/contacts", "/connections", "/schedules"}
    assert [tag["href"] for tag in links if tag.get("aria-current") == "page"] == ["/runs"]
    for tag in links:
        assert seen.get(tag["href"], follow_redirects=True).status == 200


def test_a_new_entity_can_be_begun_from_every_page(seen: Visitor) -> None:
    for path in ("/", "/runs", "/help", "/search", "/preferences", "/nowhere"):
        assert "/connections/new" in [tag.get("href") for tag in seen.get(path).tags("a")], path


def test_the_switch_names_both_sides_and_is_remembered(house: House, seen: Visitor) -> None:
    assert "Memory stock: Shelf → Memory ledger: Other books" in seen.get("/runs").text
    seen.post("/integrations/switch", {"integration": str(house.integration_id), "next": "/runs"})
    for path in ("/", "/help"):
        chosen = [tag["value"] for tag in seen.get(path).tags("option") if "selected" in tag]
        assert chosen == [str(house.integration_id)]
    seen.post("/integrations/switch", {"integration": "0", "next": "/runs"})
    assert not [tag for tag in seen.get("/help").tags("option") if "selected" in tag]


def test_an_integration_that_is_not_there_is_not_switched_to(seen: Visitor) -> None:
    for odd in ("999", "-1", "x", str(2**70)):
        assert seen.post("/integrations/switch", {"integration": odd, "next": "/help"}).location == "/help"
        assert not [tag for tag in seen.get("/help").tags("option") if "selected" in tag]


def test_lists_show_what_was_switched_to(house: House, seen: Visitor) -> None:
    assert seen.get("/contacts").status == 200
    seen.post("/integrations/switch", {"integration": str(house.integration_id), "next": "/"})
    assert seen.get("/contacts").location == f"/integrations/{house.integration_id}/contacts"


def test_runs_are_those_of_both_sides_that_were_switched_to(house: House, seen: Visitor) -> None:
    house.run_stock()
    house.run_ledger()
    assert [f"Run {number} {name}" in seen.get("/runs").text for number, name in ((1, "Shelf"), (2, "Books"))] == [
        True,
        True,
    ]
    seen.post("/integrations/switch", {"integration": "2", "next": "/runs"})
    switched = seen.get("/runs").text
    assert "Run 1 Shelf" in switched
    assert "Run 2 Books" not in switched
    assert "Run 2 Books" in seen.get(f"/runs?connection={house.ledger_id}").text, "asked for by a link"


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("/runs?page=3", "/runs"),
        ("/integrations/1/contacts?text=x&page=2", "/integrations/2/contacts?text=x"),
        ("/integrations/1/contacts?contact=c1", "/integrations/2/contacts"),
        ("/report?integration=1&status=failed&kind=bill&page=2", "/report?status=failed&kind=bill"),
        ("/report?since=2026-02-01&until=2026-02-28", "/report?since=2026-02-01&until=2026-02-28"),
        ("/ready?integration=1&text=a%26b%C3%A9&caught=yes&upto=7", "/ready?text=a%26b%C3%A9&caught=yes"),
        ("/runs?connection=1", "/runs"),
        ("/attention/group?state=held&code=account_not_mapped&subject=4000", "/attention"),
        ("/integrations/1/side-by-side?start=2026-02-01", "/integrations/2/side-by-side?start=2026-02-01"),
        ("/integrations/1/mappings/account?show=open", "/"),
        ("/connections/1", "/"),
        ("/nowhere", "/"),
        ("", "/"),
    ],
)
def test_switching_stays_on_the_page_where_it_is_one_of_the_other_integration_too(
    seen: Visitor, came_from: str, leads_to: str
) -> None:
    location = seen.post("/integrations/switch", {"integration": "2", "next": came_from}).location
    assert location == leads_to
    assert seen.get(location).status == 200, "it is a page"


def test_the_filters_that_stay_are_those_of_the_lists_forms(store: Store, vault: Vault) -> None:
    house = called(store, vault)
    put(house, contact())
    house.run_stock()  # before that there are no contacts to filter
    seen, found = visitor(house), dict[str, set[str]]()
    for rule in seen.rules("GET"):
        if rule.arguments <= {"integration_id"}:
            path = rule.rule.replace("<int:integration_id>", "1")
            form = re.search(rf'<form method="get" action="{path}".*?</form>', seen.get(path).html, re.DOTALL)
            if form:
                found[rule.endpoint] = set(re.findall(r' name="(\w+)"', form[0])) - {"integration"}
    assert found == {name: set(fields) for name, fields in FILTERS.items() if name not in WITHOUT_FORM}
    assert "side=ledger" in seen.get("/changed").html
    assert {"start", "end"} <= {tag.get("name") for tag in seen.get("/integrations/1/reconcile").tags("input")}


def test_of_all_integrations_a_list_keeps_its_filter_and_a_page_of_one_is_left(seen: Visitor) -> None:
    switched = {"integration": "0", "next": "/report?status=failed&integration=2"}
    assert seen.post("/integrations/switch", switched).location == "/report?status=failed"
    switched["next"] = "/integrations/2/contacts?text=x"
    assert seen.post("/integrations/switch", switched).location == "/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example.com/",
        "//evil.example.com/",
        "/\\evil.example.com",
        "\\/evil.example.com",
        "/\t/evil.example.com",
        "\n//evil.example.com",
        "javascript:alert(1)",
        "evil.example.com",
    ],
)
def test_nobody_is_led_to_another_site(seen: Visitor, elsewhere: str) -> None:
    assert local_path(elsewhere, "/") == "/"
    for path in ("/integrations/switch", "/preferences/theme", "/preferences/keys"):
        assert seen.post(path, {"next": elsewhere}).location in ("/", "/preferences")


def test_the_theme_is_kept_in_a_cookie_without_any_script(seen: Visitor) -> None:
    assert seen.get("/").tags("html")[0]["data-theme"] == "auto"
    answer = seen.post("/preferences/theme", {"theme": "dark", "next": "/runs"})
    assert answer.location == "/runs"
    assert all(part in answer.headers["Set-Cookie"] for part in ("HttpOnly", "SameSite=Lax", "Max-Age=31536000"))
    page = seen.get("/help")
    assert page.tags("html")[0]["data-bs-theme"] == "dark"
    pressed = [tag["value"] for tag in page.tags("button") if tag.get("aria-pressed") == "true"]
    assert pressed == ["dark"]


def test_the_cookies_of_preferences_are_secure_behind_https(house: House) -> None:
    house.hub.settings = load_settings(base_url="https://hub.example.com")
    seen = visitor(house)
    options = {"base_url": "https://hub.example.com", "headers": {"Referer": "https://hub.example.com/"}}
    token = seen.get("/sign-in", **options).value("csrf_token")
    answer = seen.client.post("/preferences/theme", data={"csrf_token": token}, **options)
    assert "Secure" in next(each for each in answer.headers.getlist("Set-Cookie") if "hub_theme" in each)


def test_somebody_who_is_not_in_sees_no_navigation_and_may_choose_the_theme(seen: Visitor) -> None:
    stranger = Visitor(seen.app)
    page = stranger.get("/sign-in")
    assert page.faults == []
    assert "Menu" not in page.text
    assert not [tag for tag in page.tags("a") if tag["href"].startswith(("/search", "/runs", "/connections"))]
    assert stranger.post("/preferences/theme", {"theme": "dark", "next": "/sign-in"}).location == "/sign-in"
    assert stranger.get("/sign-in").tags("html")[0]["data-bs-theme"] == "dark"


def test_whoever_is_in_sees_their_name_and_the_way_out(seen: Visitor) -> None:
    page = seen.get("/help")
    assert "Olga Your profile Preferences Sign out" in page.text
    seen.post("/sign-out")
    assert "/sign-in" in seen.get("/help").location


def test_a_theme_that_is_none_is_as_the_device(seen: Visitor) -> None:
    seen.client.set_cookie("hub_theme", '"><script>')
    assert seen.get("/").tags("html")[0]["data-theme"] == "auto"


def test_shortcut_keys_can_be_turned_off_and_on(seen: Visitor) -> None:
    assert seen.get("/").tags("html")[0]["data-keys"] == "on"
    assert "Keyboard shortcuts are off" in seen.follow("/preferences/keys", {"keys": "off"}).text
    assert seen.get("/").tags("html")[0]["data-keys"] == "off"
    assert "Keyboard shortcuts are on" in seen.follow("/preferences/keys", {"keys": "on"}).text


def test_a_test_installation_says_so_on_every_page(house: House) -> None:
    assert "Rehearsal" not in visitor(house).get("/").text
    house.hub.settings = load_settings(environment="Rehearsal")
    assert "Ledgerport Rehearsal" in visitor(house).get("/help").text


def test_help_tells_only_of_pages_that_are_there(seen: Visitor) -> None:
    page = seen.get("/help")
    for tag in page.tags("a"):
        if tag["href"].startswith("/"):
            assert seen.get(tag["href"], follow_redirects=True).status == 200, tag["href"]
    assert "Periodic" in seen.get("/help/inventory-method").text
    assert "Lock the period" in seen.get("/help/month-end").text
