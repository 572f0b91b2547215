"""``hub attention`` tells of what needs a person, by the condition that the pages and the e-mails have."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from houses import House, called, contact, invoice, line, payment, put

from hub.cli import cli
from hub.cli.workplace import Workplace
from hub.documents import Kind
from hub.models import OperationRow, table
from hub.plugins import Plugins
from hub.store import Store
from hub.vault import Vault


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault)


def attention(house: House, *options: str) -> Result:
    workplace = Workplace()
    workplace.settings, workplace.found = house.hub.settings, Plugins([])
    workplace.store, workplace.vault = house.hub.store, house.hub.vault
    workplace.hub = workplace.patient = house.hub
    return CliRunner().invoke(cli, ["attention", *options], obj=workplace)


def test_what_waits_for_a_draft_is_counted_and_ends_with_0(house: House) -> None:
    house.set_flow(Kind.INVOICE, post_as="draft")
    put(house, contact(), invoice("i1"), payment("p1", "i1"))
    house.sync()
    told = attention(house)
    assert told.stdout.startswith("Nothing waits for a person.\n1 operation waits for others: it goes on")
    assert told.exit_code == 0
    assert json.loads(attention(house, "--json").stdout) == []


def test_what_may_have_arrived_is_told_of(house: House) -> None:
    put(house, contact(), invoice("i1", lines=(line(account="999"),)))
    house.sync()
    [held] = house.operations(state="held")
    rows = table(OperationRow)
    with house.hub.store.write() as db:
        unsure = {"state": "unsure", "problem": None, "problem_code": "", "problem_subject": ""}
        db.execute(sa.update(rows).where(rows.c.id == held.id).values(**unsure))
    told = attention(house)
    assert "It was sent, and the answer was lost." in told.stdout
    assert told.exit_code == 1
