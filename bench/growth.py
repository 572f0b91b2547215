"""What grows with the documents stored: the time of a sync without changes, and memory; it should be little."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from bench.rows import Row
from bench.scene import Scene, staged, tell, total
from bench.trade import first_documents
from hub.plugins import load

SMALL = 1300
TIMES = 10
ROUNDS = 7
A_WHILE = 300
"""Seconds; for its first minute, whatever was posted is listed as changed in every sync."""
MOST_TIME = 1.3
MOST_MEMORY = 1.2


def measure(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Sync 1,300 documents and ten times as many, then both again and again with nothing changed."""
    folder.mkdir(parents=True)
    data = ("--data", str(first_documents(SMALL, folder)))
    with ExitStack() as stack:
        few = stack.enter_context(staged(folder / "few", core=data))
        many = stack.enter_context(staged(folder / "many", core=(*data, "--repeat", str(TIMES))))
        for scene, count in ((few, SMALL), (many, SMALL * TIMES)):
            say(f"first sync of {count:,} sale documents")
            scene.ask("run", "nudge")
            _settle(scene)
        say(f"syncs without changes, {ROUNDS} of each size in turn")
        yield from _unchanged(few, many)


def _settle(scene: Scene) -> None:
    """A while later, the first sync after posting reads back what was posted; from then on nothing changes."""
    tell(scene.pair.xero, "/_sim/clock", {"advance_seconds": A_WHILE})
    scene.ask("run", "schedule")


def _unchanged(few: Scene, many: Scene) -> Iterator[Row]:
    for scene in (few, many):
        scene.forget_calls()
    times: dict[str, list[float]] = {"few": [], "many": []}
    last: dict[str, Any] = {}
    for _ in range(ROUNDS):
        for name, scene in (("few", few), ("many", many)):
            last[name] = scene.ask("run", "schedule")
            times[name].append(last[name]["seconds"])
    yield from _calls(many)
    short, long = median(times["few"]), median(times["many"])
    detail = f"medians {long * 1000:.0f} ms and {short * 1000:.0f} ms"
    name = f"unchanged sync, time with {SMALL * TIMES:,} documents against {SMALL:,}"
    yield Row(name, long / short, MOST_TIME, detail)
    small, large = (last[name]["peak_kilobytes"] / 1024 for name in ("few", "many"))
    detail = f"{large:.0f} MB and {small:.0f} MB, first sync included"
    yield Row(f"peak memory with {SMALL * TIMES:,} documents against {SMALL:,}", large / small, MOST_MEMORY, detail)


def _calls(scene: Scene) -> Iterator[Row]:
    calls = scene.calls()
    writes = sum(total([row]) for side in calls.values() for row in side if row["method"] != "GET")
    yield Row("unchanged sync, writes", writes, 0, f"in {ROUNDS} syncs of {SMALL * TIMES:,} documents")
    providers = load().providers
    made = sum(total(side) for side in calls.values())
    feeds = sum(len(providers[name].feeds) for name in calls)
    detail = f"{made // ROUNDS} calls, {feeds} feeds"
    yield Row("unchanged sync, calls for each feed read", made / ROUNDS / feeds, 1.0, detail)
