"""The README keeps up with the tables in the code."""

from __future__ import annotations

from pathlib import Path

import pytest
from sim_qbdesktop.faults import KINDS
from sim_qbdesktop.person import ACTIONS
from sim_qbdesktop.switches import SWITCHES

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def row(name: str) -> str:
    return next(line for line in README.splitlines() if line.startswith(f"| `{name}` "))


@pytest.mark.parametrize("name", SWITCHES)
def test_every_switch_stands_there_with_its_values_and_reason(name: str) -> None:
    assert f"**{SWITCHES[name].default}**" in row(name)
    assert SWITCHES[name].reason in row(name)
    assert all(value in row(name) for value in SWITCHES[name].values)


@pytest.mark.parametrize("name", KINDS)
def test_every_fault_stands_there_with_its_effect(name: str) -> None:
    assert KINDS[name] in row(name)


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_of_a_person_stands_there(name: str) -> None:
    assert " ".join((ACTIONS[name].__doc__ or "").split()) in row(name)
