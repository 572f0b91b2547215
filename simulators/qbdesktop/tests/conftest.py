"""A simulator, a session and a service to visit, for each test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import Caller
from sim_qbdesktop.connector.visit import Visit

sys.path.insert(0, str(Path(__file__).parent))

from visited_service import PASSWORD, WebService


@pytest.fixture
def sim() -> Iterator[Simulator]:
    simulator = Simulator(no_op_seconds=0)
    yield simulator
    simulator.close()


@pytest.fixture
def qb(sim: Simulator) -> Caller:
    return Caller(sim)


@pytest.fixture
def service() -> Iterator[WebService]:
    started = WebService().start()
    yield started
    started.stop()


@pytest.fixture
def visit(sim: Simulator, service: WebService) -> Callable[[], Visit]:
    """Adds the service's application and runs one session; again and again when called so."""

    def run() -> Visit:
        name = sim.connector.add(service.qwc(), PASSWORD).name
        return sim.connector.visit(name)

    return run
