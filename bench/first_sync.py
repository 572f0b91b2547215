"""The first sync of December 2010: its calls against the fewest possible, its pace against a plain loop."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.least import least_calls
from bench.rows import Row
from bench.scene import Scene, staged, tell, total

MOST_CALLS = 1.05
LEAST_PACE = 5.0
LOOP_INVOICES = 300
FAR_AWAY = 0.1
"""Seconds that every call takes longer when the platforms are not on this machine: a quick answer over the internet."""
FAR_LOOP_INVOICES = 100


def measure(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Sync a month from nothing, on this machine and as if far away."""
    say("first sync of December 2010, both platforms on this machine")
    with staged(folder / "near") as scene:
        synced = _sync(scene)
        yield from _calls(scene)
        yield from _pace("on this machine", synced, _loop(scene, LOOP_INVOICES))
    say(f"the same with every call of both sides {FAR_AWAY:g} s slower")
    with staged(folder / "far") as scene:
        scene.slow_down(FAR_AWAY)
        synced = _sync(scene)
        loop = _loop(scene, FAR_LOOP_INVOICES)
        yield from _pace(f"calls {FAR_AWAY * 1000:g} ms slower", synced, loop)


def _sync(scene: Scene) -> dict[str, Any]:
    synced = scene.ask("run", "nudge")
    stored = scene.ask("stored")
    if stored["unfinished"]:
        raise SystemExit(f"{stored['unfinished']} documents did not arrive; nothing measured here would count.")
    return {**synced, **stored}


def _calls(scene: Scene) -> Iterator[Row]:
    """Every call since the first connection test, but for the one that makes the bookkeeper's cash customer."""
    calls, least = scene.calls(), least_calls(scene.pair)
    made = {"cin7core": total(calls["cin7core"]), "xero": total(calls["xero"]) - 1}
    for side, title in (("cin7core", "Cin7 Core"), ("xero", "Xero")):
        detail = f"{made[side]} calls, at least {least[side]} are needed"
        yield Row(f"first sync, calls to {title} against the fewest", made[side] / least[side], MOST_CALLS, detail)


def _pace(where: str, synced: dict[str, Any], loop: float) -> Iterator[Row]:
    trade, everything = synced["trade"] / synced["seconds"], synced["all"] / synced["seconds"]
    phases = synced["phases"]
    detail = (
        f"{synced['trade']} invoices, bills and credits in {synced['seconds']:.1f} s ({trade:.1f} a second;"
        f" with contacts, items, payments and allocations {everything:.1f}), loop {loop:.1f};"
        f" reading and planning {phases['stock']:.1f} s, posting {phases['ledger']:.1f} s,"
        f" processor {synced['cpu']:.1f} s"
    )
    yield Row(f"first sync against the loop, {where}", trade / loop, LEAST_PACE, detail, least=True)


def _loop(scene: Scene, count: int) -> float:
    """Invoices a second of the plain loop, against the same simulator."""
    url = scene.pair.xero.url
    tokens = tell(scene.pair.xero, "/_sim/connect", {})
    told = {
        "url": url,
        "tokens": tokens,
        "tenant": scene.pair.xero.config()["organisations"]["Demo Trading Ltd"],
        "documents": scene.ask("invoices", count),
    }
    command = [sys.executable, "-m", "bench.sdk_loop"]
    done = subprocess.run(command, input=json.dumps(told), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"the plain loop failed:\n{done.stderr[-2000:]}")
    return float(len(told["documents"]) / json.loads(done.stdout)["seconds"])
