"""New entity: tiles, the test step by step, what next, and the banner once a sign-in is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called
from visitors import Seen, Shop, Visitor, visitor

from hub.errors import Problem, UnreachableError
from hub.http import Door
from hub.models import Bucket, ConnectionRow, table
from hub.providers import Connection, Organisation
from hub.store import Store
from hub.testing.memory import StockSession
from hub.vault import Vault

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

connections = table(ConnectionRow)
GOOD = {"shop": "corner", "key": "right", "plan": "large", "parallel": "3", "live": "yes", "friendly_name": "My shop"}
NEW = "/connections/new/shop"


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def house(store: Store, vault: Vault, shop: Shop) -> House:
    house = called(store, vault, on=False)
    house.hub.providers[shop.name] = shop
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def stored(house: House) -> Any:
    with house.hub.store.read() as db:
        return db.execute(sa.select(connections).where(connections.c.name == "My shop")).first()


def step(seen: Visitor, name: str, form: dict[str, str] = GOOD) -> Seen:
    return seen.post(f"{NEW}/try/{name}", form)


def suspend(house: House, connection_id: int) -> None:
    why = Problem(code="reconnect", what="Books no longer accepts our sign-in.", fix="Reconnect.")
    with house.hub.store.write() as db:
        change = sa.update(connections).where(connections.c.id == connection_id)
        db.execute(change.values(suspended=why.model_dump()))


def test_each_tile_says_what_the_system_is_and_what_is_read_and_written(seen: Visitor) -> None:
    page = seen.get("/connections/new")
    assert page.faults == []
    assert "Memory ledger Ledger, with a key Reads items, contacts" in page.text.replace(
        "contacts, items", "items, contacts"
    )
    assert "Writes nothing" in page.text
    assert "/connections/new/shop" in {tag.get("href") for tag in page.tags("a")}


def test_without_javascript_everything_is_tried_and_what_was_found_is_shown_with_what_next(
    seen: Visitor, house: House
) -> None:
    page = seen.follow(NEW, GOOD)
    assert page.faults == []
    for words in ("Shop answers", "It accepts the sign-in", "Whose account it is: Corner Shop", "Base currency: GBP"):
        assert f"good {words}" in page.text
    assert "good The hub can read accounts: 6 found" in page.text
    assert "Nothing is written there: The hub only reads from" in page.text
    assert "Join it with Books" in page.text
    joined = next(tag["href"] for tag in page.tags("a") if "/integrations/new" in tag.get("href", ""))
    asked = seen.get(joined)
    assert [tag["value"] for tag in asked.tags("option") if "selected" in tag] == [
        str(stored(house).id),
        str(house.ledger_id),
    ]


def test_with_javascript_one_step_follows_the_other_until_it_is_saved(seen: Visitor, house: House) -> None:
    first = step(seen, "sign_in")
    assert "Whose account it is: Corner Shop" in first.text
    assert "Reading the first page of each list…" in first.text
    assert stored(house) is None
    assert "Looking at what the hub is allowed to do…" in step(seen, "lists").text
    assert "Saving…" in step(seen, "permissions").text
    last = step(seen, "save")
    assert last.headers["HX-Redirect"] == f"/connections/{stored(house).id}/next"
    assert "Whose account it is: Corner Shop" in seen.get(last.headers["HX-Redirect"]).text


def test_a_step_that_fails_ends_the_test_and_says_why(seen: Visitor, house: House) -> None:
    page = step(seen, "sign_in", {**GOOD, "key": "wrong"})
    assert "good Shop answers" in page.text
    assert "failed It accepts the sign-in: The shop refused the key. Copy it again." in page.text
    assert "Nothing was saved" in page.text
    assert "hx-post" not in page.html
    assert step(seen, "save", {**GOOD, "key": "wrong"}).headers.get("HX-Redirect") is None
    assert stored(house) is None


def test_a_form_with_a_mistake_comes_back_whole_in_place_of_the_page(seen: Visitor) -> None:
    page = step(seen, "sign_in", {**GOOD, "shop": ""})
    assert page.headers["HX-Retarget"] == "#content"
    assert "Please fill this in." in page.text
    assert "right" not in page.html.replace("copyright", "")


def test_a_platform_that_can_not_be_reached_is_told_from_one_that_refuses(
    seen: Visitor, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(_self: object) -> Organisation:
        raise UnreachableError(Problem(code="down", what="Shop could not be reached.", fix="Try again later."))

    monkeypatch.setattr("visitors._ShopSession.check", unreachable)
    page = seen.post(NEW, GOOD)
    assert page.status == 422
    assert page.faults == []
    assert "failed Shop answers: Shop could not be reached. Try again in a minute." in page.text
    assert "It accepts the sign-in" not in page.text
    assert page.value("shop") == "corner"


def test_what_nobody_sees_in_a_pasted_key_is_cut_out(seen: Visitor, house: House) -> None:
    seen.follow(NEW, {**GOOD, "key": "\u200b right\ufeff\u00a0\n", "shop": "cor\u200dner"})
    row = stored(house)
    assert house.hub.vault.open(row.secrets) == {"key": "right"}
    assert row.settings["shop"] == "corner"


def test_the_same_account_again_is_a_failed_trial_that_names_the_entity(seen: Visitor) -> None:
    seen.follow(NEW, GOOD)
    page = step(seen, "sign_in", {**GOOD, "friendly_name": "Another"})
    assert "failed It is not connected yet: It is connected already, as My shop." in page.text


def test_an_account_that_was_removed_says_that_its_history_comes_back(seen: Visitor, house: House) -> None:
    seen.follow(NEW, GOOD)
    id = stored(house).id
    seen.follow(f"/connections/{id}/remove", {"name": "My shop"})
    seen.follow(f"/connections/{id}/remove/confirm")
    assert "its links and history come back" in step(seen, "sign_in").text


def test_a_connection_is_tested_again_at_any_time(seen: Visitor, house: House, shop: Shop) -> None:
    seen.follow(NEW, GOOD)
    id = stored(house).id
    assert "Everything is as it should be" in seen.follow(f"/connections/{id}/test").text
    shop.books.key = "changed"
    page = seen.follow(f"/connections/{id}/test")
    assert page.faults == []
    assert "See what is wrong" in page.text
    assert "failed It accepts the sign-in" in page.text


def test_a_test_that_is_good_lifts_a_suspension(seen: Visitor, house: House) -> None:
    seen.follow(NEW, GOOD)
    id = stored(house).id
    suspend(house, id)
    seen.follow(f"/connections/{id}/test")
    assert stored(house).suspended is None


def test_a_lost_sign_in_is_told_on_the_dashboard_and_on_every_page_about_the_entity(
    seen: Visitor, house: House
) -> None:
    suspend(house, house.ledger_id)
    here = f"/integrations/{house.integration_id}"
    for path in ("/", here, f"{here}/mappings/account", f"/schedules/new?connection={house.ledger_id}"):
        page = seen.get(path)
        assert page.faults == []
        assert "Books needs a new sign-in." in page.text, path
        assert f"/connections/{house.ledger_id}/reconnect" in {tag.get("href") for tag in page.tags("a")}
    assert "needs a new sign-in." not in seen.get(f"/connections/{house.stock_id}").text
    assert "needs a new sign-in." not in seen.get("/plugins").text


def test_a_step_that_does_not_exist_is_not_found(seen: Visitor) -> None:
    assert step(seen, "dance").status == 404
    assert seen.post("/connections/new/nobody/try/sign_in").status == 404


class DistantShop(Shop):
    """A shop that is asked over the network."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def open(self, connection: Connection, http: Door) -> StockSession:
        return _DistantSession(self.shelf, self.books.organisation, http.bind(base_url=self.address))


@dataclass
class _DistantSession(StockSession):
    organisation: Organisation
    http: Door

    def check(self) -> Organisation:
        self.http.call("GET", "me")
        return self.organisation


def test_a_platform_that_wants_no_calls_now_is_told_soon_and_the_next_attempt_does_not_wait(
    seen: Visitor, house: House, platform: Any, reply: Any
) -> None:
    house.hub.providers["shop"] = DistantShop(platform.url)
    began = house.clock()
    platform.replies = [reply(status=429, headers={"Retry-After": "60"})]
    first = step(seen, "sign_in")
    assert house.clock() - began < timedelta(seconds=6)
    assert "Try again in a minute." in first.text
    assert "by itself" not in first.text
    assert "Whose account it is" in step(seen, "sign_in").text
    with house.hub.store.read() as db:
        names = db.execute(sa.select(table(Bucket).c.name)).scalars().all()
    assert [name for name in names if name.startswith("trial:")] == []


def test_an_address_where_nothing_answers_is_told_in_plain_words(seen: Visitor, house: House, closed_port: int) -> None:
    house.hub.providers["shop"] = DistantShop(f"http://127.0.0.1:{closed_port}")
    page = step(seen, "sign_in")
    assert "Nothing answers at this address: the connection was refused." in page.text
    assert "Errno" not in page.text
    assert "Try again in a minute. If it goes on, check the address and the network." in page.text
