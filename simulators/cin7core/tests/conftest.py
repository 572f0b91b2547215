"""A simulator on a free port and a plain HTTP client for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sim_cin7core import Client, Simulator, Sources


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def client(simulator: Simulator) -> Client:
    return Client(simulator)


@pytest.fixture(scope="session")
def december() -> Iterator[Client]:
    """The extract in the package; tests only read it."""
    with Simulator(Sources()) as running:
        yield Client(running)
