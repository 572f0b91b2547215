"""A shop that is joined to its ledger."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from end_to_end.shop import Shop, open_shop


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Path:
    """A fresh, migrated database file."""
    return Path(shutil.copy(sqlite_template, tmp_path / "hub.db"))


@pytest.fixture
def shop(database: Path) -> Iterator[Shop]:
    """Every flow is automatic."""
    with open_shop(database) as shop:
        yield shop


@pytest.fixture
def new_shop(database: Path) -> Iterator[Shop]:
    """Both lists are read; nothing is mapped and no flow is on."""
    with open_shop(database, on=False) as shop:
        yield shop
