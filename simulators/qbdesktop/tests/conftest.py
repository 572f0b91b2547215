"""A simulator and a session for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sim_qbdesktop import Simulator
from sim_qbdesktop.caller import Caller


@pytest.fixture
def sim() -> Iterator[Simulator]:
    simulator = Simulator(no_op_seconds=0)
    yield simulator
    simulator.close()


@pytest.fixture
def qb(sim: Simulator) -> Caller:
    return Caller(sim)
