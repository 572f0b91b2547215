"""With limits on: how long a first sync takes against the time that the limits alone demand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.rows import Row
from bench.scene import staged, total
from bench.trade import first_documents

DOCUMENTS = 130
MINUTE = 30.0
"""Seconds that a minute lasts here: the vendors' 60 calls, twice as fast."""
PER_MINUTE = 60
MOST = 1.05


def measure(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Sync the first sales of December 2010 under both sides' limits, their minute shortened."""
    folder.mkdir(parents=True)
    data = ("--data", str(first_documents(DOCUMENTS, folder)))
    say(f"first sync of {DOCUMENTS} sale documents with limits, a minute lasting {MINUTE:g} s")
    with staged(folder / "limited", core=data, minute=MINUTE) as scene:
        time.sleep(MINUTE)  # what setting up used of the limits is free again
        scene.forget_calls()
        seconds = scene.ask("run", "nudge")["seconds"]
        counts = {side: total(rows) for side, rows in scene.calls().items()}
        refused = scene.refused()
    bound = sum(at_least(count) for count in counts.values())
    detail = (
        f"{seconds:.1f} s for {counts['cin7core']} calls to Core, then {counts['xero']} to Xero:"
        f" no less than {bound:.0f} s; {refused} calls refused"
    )
    yield Row("first sync under limits, time against what they demand", seconds / bound, MOST, detail)


def at_least(calls: int) -> float:
    """Seconds that so many calls take at least: the first window's worth at once, then one window after another."""
    return (calls - 1) // PER_MINUTE * MINUTE
