"""Plugins: what each brings, and letting one rest."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from houses import House, called, contact, invoice, put
from visitors import Seen, Visitor, visitor

from hub.engine import runs
from hub.hookspecs import Job
from hub.models import AuditEvent, RunState, table
from hub.plugins import PluginInfo
from hub.scheduler.jobs import attempt
from hub.store import Store
from hub.testing import MemoryLedger
from hub.vault import Vault

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BOOKS = PluginInfo("books", "ledgerport-books", "1.2.3", ("memoryledger",))
BROKEN = PluginInfo("broken", "ledgerport-broken", "0.1", (), "Plugin 'broken' can't be used. Update it.")


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault)


@pytest.fixture
def there(house: House) -> Visitor:
    return visitor(house, installed=(BOOKS, BROKEN))


def page(there: Visitor, address: str = "/plugins") -> Seen:
    seen = there.get(address)
    assert (seen.status, seen.faults) == (200, [])
    return seen


def run(house: House, cause: str = "person") -> Any:
    report = house.hub.run(house.ledger_id, cause)
    assert report is not None
    return report


def test_each_plugin_shows_what_it_brings_reads_and_writes(there: Visitor) -> None:
    text = page(there).text
    assert "ledgerport-books 1.2.3" in text
    assert "Memory ledger Ledger Reads organisation, accounts" in text
    assert "Invoices (" in text
    assert "Account" in text, "the settings of a connection, from its schema"
    assert "Can't be used" in text
    assert "Update it." in text
    assert "pip install" in text


def test_the_settings_of_each_connection_are_changed_in_a_form_made_from_the_schema(
    there: Visitor, house: House
) -> None:
    assert "change its settings of Books" in page(there).text
    form = page(there, f"/connections/{house.ledger_id}/reconnect")
    wanted = {field.title for field in MemoryLedger.settings.model_fields.values()}
    assert wanted
    assert all(str(title) in form.text for title in wanted)


def test_disabling_asks_first_and_says_what_rests(there: Visitor, house: House) -> None:
    text = page(there, "/plugins/books/disable").text
    assert "Books is neither read nor written to" in text
    assert run(house).state is RunState.DONE
    assert there.get("/plugins/nothing/disable").status == 404


def test_the_connections_of_a_disabled_plugin_rest_until_it_is_enabled(there: Visitor, house: House) -> None:
    there.follow("/plugins/books/disable")
    put(house, contact(), invoice("i1"))
    house.run_stock()
    report = run(house)
    assert (report.run_id, report.problem.code) == (0, "plugin_disabled")
    assert house.links() == []
    assert "Disabled by" in page(there).text
    assert "is enabled" in there.follow("/plugins/books/enable").text
    assert run(house).state is RunState.DONE
    assert len(house.links()) == 2


def test_the_jobs_of_a_disabled_plugin_are_left_out(there: Visitor, house: House) -> None:
    done: list[int] = []
    job = Job("books: tidy", lambda: done.append(1))
    there.follow("/plugins/books/disable")
    attempt(house.hub, job)
    assert done == []
    attempt(house.hub, Job("other: tidy", lambda: done.append(2)))
    there.follow("/plugins/books/enable")
    attempt(house.hub, job)
    assert done == [2, 1]


def test_a_run_that_is_wanted_meanwhile_is_kept(there: Visitor, house: House) -> None:
    there.follow("/plugins/books/disable")
    with house.hub.store.write() as db:
        runs.want_run(db, house.ledger_id, "schedule", house.clock())
    assert house.ledger_id in {connection_id for connection_id, _ in house.hub.wanted()}


def test_who_disabled_and_enabled_a_plugin_is_in_the_audit(there: Visitor, house: House) -> None:
    there.follow("/plugins/books/disable")
    there.follow("/plugins/books/enable")
    rows = table(AuditEvent)
    with house.hub.store.read() as db:
        chosen = sa.select(rows.c.what).where(rows.c.subject == "books").order_by(rows.c.id)
        assert list(db.execute(chosen).scalars()) == ["disabled the plugin", "enabled the plugin"]
