"""A reconciliation of a month: its calls against the fewest possible, and what grows with the documents compared."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from bench.least import CORE_PAGE
from bench.rows import Row
from bench.scene import Scene, another_hub, staged, total
from bench.trade import first_documents

SMALL = 2000
TIMES = 10
ROUNDS = 3
MOST_CALLS = 1.25
"""The chart and the tax rules, which say what a row of the general ledger is about, are read anew each time."""
MOST_TIME = 1.3
"""For each document: the time of ten times as many against ten times the time of one tenth."""
MOST_MEMORY = 1.2
XERO_PAGE = 1000
XERO_LISTS = ("invoices", "credit_notes", "manual_journals", "bank_transactions")
TRIAL_BALANCES = 2
XERO_OTHERS = 3
"""Overpayments, and the invoices and credits of before that changed since: what is owed moves by them as well."""


def measure(
    folder: Path, say: Callable[[str], None], *, small: int = SMALL, times: int = TIMES, rounds: int = ROUNDS
) -> Iterator[Row]:
    """Sync 2,000 documents and ten times as many with their stock, then reconcile both again and again.

    Other sizes are quicker to look at: ``small`` sale documents, and so many ``times`` as many. Each size is reconciled
    by a process that does nothing else, so that its memory is that of the reconciliation.
    """
    folder.mkdir(parents=True)
    data = ("--stock", "--data", str(first_documents(small, folder)))
    with ExitStack() as stack:
        few = stack.enter_context(staged(folder / "few", core=data, stock=True))
        many = stack.enter_context(staged(folder / "many", core=(*data, "--repeat", str(times)), stock=True))
        for scene, count in ((few, small), (many, small * times)):
            say(f"first sync of {count:,} sale documents with their stock")
            scene.ask("run", "nudge")
        say(f"reconciliations, {rounds} of each size in turn")
        alone = (stack.enter_context(another_hub(scene)) for scene in (few, many))
        yield from _reconciled(*alone, small=small, times=times, rounds=rounds)


def _reconciled(few: Scene, many: Scene, *, small: int, times: int, rounds: int) -> Iterator[Row]:
    # The hub's own processor time: the simulators' lists take longer for each page the longer they are.
    used: dict[str, list[float]] = {"few": [], "many": []}
    last: dict[str, Any] = {}
    for _ in range(rounds):
        for name, scene in (("few", few), ("many", many)):
            scene.forget_calls()
            last[name] = scene.ask("reconcile")
            used[name].append(last[name]["cpu"])
    if any(told["unexplained"] for told in last.values()):
        raise SystemExit(f"a part of the difference has no name; nothing measured here would count: {last}")
    yield from _calls(many)
    short, long = median(used["few"]), median(used["many"])
    whole = ", ".join(f"{last[name]['seconds']:.0f} s" for name in ("many", "few"))
    detail = f"medians of the hub's processor time {long:.1f} s and {short:.1f} s; with both simulators {whole}"
    name = f"reconciliation, time for a document of {small * times:,} against one of {small:,}"
    yield Row(name, long / short / times, MOST_TIME, detail)
    low, high = (last[name]["peak_kilobytes"] / 1024 for name in ("few", "many"))
    detail = f"{high:.0f} MB and {low:.0f} MB, by processes that only reconcile"
    name = f"peak memory, {small * times:,} documents reconciled against {small:,}"
    yield Row(name, high / low, MOST_MEMORY, detail)


def _calls(scene: Scene) -> Iterator[Row]:
    made = {side: total(calls) for side, calls in scene.calls().items()}
    least = {"cin7core": _core(scene), "xero": _xero(scene)}
    for side, title in (("cin7core", "Cin7 Core"), ("xero", "Xero")):
        detail = f"{made[side]} calls, at least {least[side]} are needed"
        yield Row(f"reconciliation, calls to {title} against the fewest", made[side] / least[side], MOST_CALLS, detail)


def _core(scene: Scene) -> int:
    """Pages of what is available, of the general ledger and of the purchases, and each purchase that is half done."""
    counts = scene.pair.cin7core.ask("/_sim/state")["counts"]
    rows = _total(scene, "transactions?Limit=1&FromDate=1990-01-01&ToDate=2100-01-01")
    available = _total(scene, "ref/productavailability?Limit=1")
    return sum(_pages(count, CORE_PAGE) for count in (rows, available, counts["purchases"]))


def _total(scene: Scene, path: str) -> int:
    keys = scene.pair.cin7core.ask("/_sim/health")
    headers = {"api-auth-accountid": keys["account_id"], "api-auth-applicationkey": keys["key"]}
    request = urllib.request.Request(f"{scene.pair.cin7core.url}/ExternalApi/v2/{path}", headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own loopback address
        return int(json.load(answer)["Total"])


def _xero(scene: Scene) -> int:
    """Both trial balances, and pages of every sort of document that can be on an account."""
    counts: dict[str, int] = scene.pair.xero.ask("/_sim/state")["counts"]
    return TRIAL_BALANCES + XERO_OTHERS + sum(_pages(counts.get(name, 0), XERO_PAGE) for name in XERO_LISTS)


def _pages(count: int, size: int) -> int:
    return max(1, -(-count // size))
