"""The fixtures of QuickBooks' tests: an office that the Web Connector visits, a shop, a simulated machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import desktop_machine
import pytest
from desktop_facts import facts_of_a_company
from desktop_office import Kept, Office, furnish, opened
from qbxml_schema import faults_by

from hub import Facts
from hub.store import Store

pytest.register_assert_rewrite("hub.testing.contract")

desktop, machine, simulated = desktop_machine.desktop, desktop_machine.machine, desktop_machine.simulated
sim = desktop_machine.sim
"""Fixtures of a simulated machine."""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "template.db"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    store.dispose()
    return path


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Where the database of each test lies: one place, so that the statements compiled for it are used again."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('place') / 'hub.db'}")
    yield store
    store.dispose()


@pytest.fixture
def office(place: Store, template: Path) -> Iterator[Office]:
    """Everything connected, nothing visited yet."""
    with opened(place, template.read_bytes()) as made:
        yield made


@pytest.fixture(scope="session")
def shop_kept(place: Store, template: Path) -> Kept:
    """Everything mapped, contacts and invoices automatic, the company file confirmed and read."""
    with opened(place, template.read_bytes()) as made:
        furnish(made)
        made.clock.on(minutes=40)
    assert place.file is not None
    return Kept(place.file.read_bytes(), made.connector.password, made.company, made.clock.at)


@pytest.fixture
def shop(place: Store, shop_kept: Kept) -> Iterator[Office]:
    """An office that is set up, to post from."""
    with opened(place, shop_kept.database, shop_kept) as made:
        yield made


@pytest.fixture
def facts() -> Facts:
    """A company in the United States with one customer, vendor, item, invoice and bill linked."""
    return facts_of_a_company()


@pytest.fixture(scope="session")
def schema() -> Callable[[bytes], list[str]]:
    """What Intuit's own schema of qbXML 13.0 has against a request, where the specifications are at hand."""
    folder = os.environ.get("LEDGERPORT_SPECS", "")
    path = Path(folder) / "qbdesktop" / "xsd130" / "qbxmlops130.xsd"
    if not folder or not path.exists():
        pytest.skip("set LEDGERPORT_SPECS to a folder with qbdesktop/xsd130 of the QuickBooks Desktop SDK")
    return faults_by(path)
