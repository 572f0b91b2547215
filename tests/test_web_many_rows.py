"""However many rows there are, a page asks the database equally often, and shows no more of them than fit on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called
from statements import counting
from visitors import Visitor, visitor

from bench.many import LAST_DAY, Amounts, fill, shop_of
from hub.mapping import MappingList
from hub.models import Exchange, Link, OperationRow, Run, Schedule, Snapshot, table
from hub.scheduler.schedules import ensure_schedules
from hub.store import Store
from hub.vault import Vault

FEW, MANY = 60, 1_000
NOT_FOUND = 404
LONGEST_PAGE = 200_000
"""Bytes; a page of fifty rows is far below, one that lost its pager far above."""

QUERIES = {
    "attention.show_group": "?state=held&code=account_not_mapped&subject=17",
    "contacts.show": "?show=unlinked",
    "side_by_side.show": f"?start=2024-01-01&end={LAST_DAY}",
}
"""What a page is asked for where its bare address shows little."""

COUNTED = dict.fromkeys(("attention.show_group", "attention.show_skipped", "ready.show", "runs.show_all"), 1)
"""A list that goes on after its first page is counted, with a statement more; one that is shorter need not be."""

NO_LIST = frozenset({"oauth.go", "connecting.go", "connecting.callback", "connecting.choose_account"})
"""Stations of a sign-in elsewhere: they show nothing of ours."""

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def known(house: House) -> Mapping[str, Any]:
    """A value for each argument that an address may take."""
    with house.hub.store.read() as db:

        def first(model: Any, *conditions: Any) -> int:
            rows = table(model)
            return db.execute(sa.select(sa.func.min(rows.c.id)).where(*conditions)).scalar() or 0

        return {
            "connection_id": house.stock_id,
            "integration_id": house.integration_id,
            "operation_id": first(OperationRow, table(OperationRow).c.state == "proposed"),
            "snapshot_id": first(Snapshot, table(Snapshot).c.kind == "invoice"),
            "link_id": first(Link, table(Link).c.kind == "invoice"),
            "run_id": first(Run, table(Run).c.cause == "schedule"),
            "exchange_id": first(Exchange),
            "schedule_id": first(Schedule),
            "provider_name": "memorystock",
            "where": MappingList.ACCOUNT.value,
        }


def addresses(seen: Visitor, house: House) -> dict[str, str]:
    """Every page that can be looked at, by endpoint."""
    given = known(house)
    found: dict[str, str] = {}
    with seen.app.test_request_context():
        adapter = seen.app.url_map.bind("localhost")
        for rule in seen.rules("GET"):
            if rule.arguments <= given.keys() and rule.endpoint not in NO_LIST:
                values = {name: given[name] for name in rule.arguments}
                found[rule.endpoint] = adapter.build(rule.endpoint, values) + QUERIES.get(rule.endpoint, "")
    return found


def seen_with(store: Store, vault: Vault, count: int) -> tuple[House, Visitor]:
    house = called(store, vault)
    house.clock.at = datetime.combine(LAST_DAY, time(20), UTC)
    ensure_schedules(house.hub)
    amounts = Amounts(documents=count * 2, contacts=count, operations=count * 4)
    fill(house.hub, shop_of(house.hub, house.integration_id), amounts)
    return house, visitor(house)


def costs(house: House, seen: Visitor) -> dict[str, tuple[int, int, int]]:
    """Status, number of statements and bytes of every page."""
    made: dict[str, tuple[int, int, int]] = {}
    for endpoint, address in addresses(seen, house).items():
        seen.get(address)  # what is looked up once per process
        with counting() as asked:
            page = seen.get(address)
        made[endpoint] = (page.status, len(asked), len(page.html))
    return made


def test_each_page_asks_the_database_equally_often_however_much_there_is(
    store: Store, vault: Vault, tmp_path: Any, sqlite_template: Any
) -> None:
    few = costs(*seen_with(store, vault, FEW))
    other = Store(f"sqlite:///{tmp_path / 'many.db'}")
    other.migrate()
    try:
        many = costs(*seen_with(other, vault, MANY))
    finally:
        other.dispose()
    there = [endpoint for endpoint, (status, _, _) in many.items() if status != NOT_FOUND]
    assert len(there) > 30, "some pages need more than an address; most do not"
    assert {endpoint: many[endpoint][0] for endpoint in there if many[endpoint][0] >= 400} == {}
    most = {endpoint: asked + COUNTED.get(endpoint, 0) for endpoint, (_, asked, _) in few.items()}
    more = {endpoint: (most[endpoint], asked) for endpoint, (_, asked, _) in many.items() if asked > most[endpoint]}
    assert more == {}, "these pages ask more when there are more rows"
    assert {endpoint: size for endpoint, (_, _, size) in many.items() if size > LONGEST_PAGE} == {}
