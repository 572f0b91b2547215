"""Waiting for what another thread or process does: until it has, however busy the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import click
import pytest

PATIENCE = 60.0
"""Seconds after which something hangs. Nothing is to take so long: no test says by it how quick anything is."""


def eventually(condition: Callable[[], object]) -> bool:
    """Whether the condition came true; False only where something hangs."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def when_told(words: str, monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Do something as soon as a command has said a line with these words, in the thread that said it."""
    echo = click.echo

    def heard(message: Any = None, *options: Any, **more: Any) -> None:
        echo(message, *options, **more)
        if words in str(message):
            do()

    monkeypatch.setattr(click, "echo", heard)
