"""The README keeps up with the tables in the code."""

from __future__ import annotations

from pathlib import Path

import pytest
from sim_cin7core.api import ENDPOINTS
from sim_cin7core.faults import KINDS
from sim_cin7core.person import ACTIONS
from sim_cin7core.switches import TABLE, Switch

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("switch", TABLE, ids=lambda switch: switch.name)
def test_every_switch_stands_there_with_its_default_and_reason(switch: Switch) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| `{switch.name}` "))
    assert f"**{switch.default}**" in row
    assert switch.reason in row


def test_every_fault_action_and_endpoint_is_named() -> None:
    names = [*KINDS, *ACTIONS]
    assert [name for name in names if f"`{name}`" not in README] == []
    assert [path for path in ENDPOINTS if f"`{path}`" not in README.lower()] == []
