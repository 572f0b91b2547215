"""What a Core account is, and what becomes of what could not be read in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hub_cin7core import session
from sim_cin7core import new_sale

from end_to_end.shop import PERSON, Shop, ask
from hub.engine.connections import connect
from hub.errors import SettingsError
from hub.models import NativeRecord


@pytest.mark.parametrize("spelling", ["{upper}", "{{{lower}}}", " {upper} "])
def test_a_core_account_is_connected_once_however_its_id_is_typed(shop: Shop, spelling: str) -> None:
    lower = shop.core.account_id
    settings = shop.settings("cin7core", account_id=spelling.format(lower=lower, upper=lower.upper()))
    with pytest.raises(SettingsError, match="is connected already, as Shop"):
        connect(shop.hub, shop.hub.provider("cin7core"), settings, name="Shop again", actor=PERSON)


def test_the_lock_date_of_core_is_known_from_the_next_sync_on(shop: Shop) -> None:
    ask(f"{shop.core.root}/_sim/lock", {"date": "2026-01-31"})
    shop.run_stock()
    told = shop.hub.connection(shop.stock_id).organisation
    assert told and told["lock_date"] == "2026-01-31"
    ask(f"{shop.core.root}/_sim/lock", {"date": None})
    shop.run_stock()
    told = shop.hub.connection(shop.stock_id).organisation
    assert told and told["lock_date"] is None


@pytest.fixture
def past(shop: Shop) -> Shop:
    """In Core it is a month ago: no stamp there lies ahead of the time at which the hub begins a pull."""
    shop.core.store.clock.set(datetime.now(UTC) - timedelta(days=30))
    return shop


def _move_on(shop: Shop) -> None:
    """Sales of later days move the cursor on, past what nobody touches any more."""
    for _ in range(3):
        shop.clock.sleep(86_400)
        new_sale(shop.core, "Beta", [("TEA", 1, "2")])
        shop.sync()


def _unread(shop: Shop) -> list[str]:
    return [row.label for row in shop.rows(NativeRecord) if row.problem]


TROUBLE: list[dict[str, Any]] = [
    {"kind": "odd_record"},
    {"kind": "404_json"},
    {"kind": "404_html"},
    {"kind": "500_json", "times": 4},
]


@pytest.mark.parametrize("trouble", TROUBLE, ids=lambda trouble: str(trouble["kind"]))
def test_a_sale_that_could_not_be_read_once_is_posted_though_it_never_changes(
    past: Shop, trouble: dict[str, Any]
) -> None:
    shop = past
    sale = new_sale(shop.core, "Acme", [("BREAD", 3, "2.55")])
    shop.clock.sleep(3600)
    new_sale(shop.core, "Beta", [("TEA", 1, "2")])
    shop.core.faults.add(**{"times": 1, **trouble}, path=f"/sale\\?.*{sale.id}", params={"id": sale.id})
    shop.sync()
    assert (_unread(shop), len(shop.xero.books.invoices)) == ([sale.number], 1)
    shop.sync()
    assert (_unread(shop), len(shop.xero.books.invoices)) == ([], 2)
    shop.sync()
    assert len(shop.xero.books.invoices) == 2


def test_what_a_newer_version_understands_is_read_though_the_list_moved_on_long_ago(
    past: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_understood(native: Any, site: str, books: Any) -> Any:
        raise ValueError("a new sort of sale")

    shop = past
    sales = [new_sale(shop.core, "Acme", [("BREAD", 3, "2.55")]) for _ in range(12)]
    with monkeypatch.context() as older:
        older.setitem(session._TASKS, "sales", replace(session._TASKS["sales"], read=not_understood))
        _move_on(shop)
    assert len(_unread(shop)) == 15
    shop.sync()
    assert _unread(shop) == []
    posted = {row.number for row in shop.xero.books.invoices}
    assert posted >= {sale.invoices[0].number for sale in sales}
    assert len(shop.xero.books.invoices) == 15
