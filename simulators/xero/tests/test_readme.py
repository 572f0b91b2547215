"""The README names everything a caller may plant."""

from __future__ import annotations

from pathlib import Path

import pytest
from sim_xero.faults import KINDS
from sim_xero.person import ACTIONS
from sim_xero.switches import SWITCHES

README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.mark.parametrize("name", [*KINDS, *SWITCHES, *ACTIONS])
def test_each_fault_switch_and_action_is_named(name: str) -> None:
    assert f"`{name}" in README
