"""One sync with a display of how far it is, and how it is ended early."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hub.engine import Hub
from hub.engine.runs import request_stop
from hub.models import OperationRow, OperationState, Run, RunState, table
from hub_demo.attending import attended
from hub_demo.journey import Joined
from hub_demo.ledger import Ledger
from hub_demo.simulators import Pair

_WHY = "the demo asked for it"

operations, run_rows = table(OperationRow), table(Run)


def sync(hub: Hub, pair: Pair, ledger: Ledger, joined: Joined, console: Console) -> list[str]:
    """Run the stock side, then whatever it made useful, with a progress display; what went wrong, if anything did."""
    hub.want(joined.stock_id, _WHY)
    if not joined.is_new:  # a first day has just read the ledger's lists
        hub.want(joined.ledger_id, _WHY)
    with _progress(console) as progress:
        names = {"read": "reading Cin7 Core", "planned": "planning", "posted": f"posting to {ledger.title}"}
        bars = {name: progress.add_task(shown, total=None) for name, shown in names.items()}
        failures = attended(lambda: ledger.sync(hub, pair), lambda: _update(hub, joined, progress, bars))
        _update(hub, joined, progress, bars)
    return failures


def stop_runs(hub: Hub) -> None:
    """Ask every open run to end after its present step."""
    going_on = sa.select(run_rows.c.id).where(
        run_rows.c.state == RunState.OPEN.value, run_rows.c.stop_requested.is_(False)
    )
    with hub.store.read() as db:
        asked = db.execute(going_on).scalars().all()
    for run_id in asked:
        with hub.store.write() as db:
            request_stop(db, run_id)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=False)


def _update(hub: Hub, joined: Joined, progress: Progress, bars: dict[str, Any]) -> None:
    with hub.store.read() as db:
        latest = sa.select(run_rows.c.counts, run_rows.c.progress).where(run_rows.c.connection_id == joined.stock_id)
        stock = db.execute(latest.order_by(run_rows.c.id.desc()).limit(1)).first()
        chosen = sa.select(operations.c.state, sa.func.count()).where(
            operations.c.integration_id == joined.integration_id
        )
        by_state: dict[str, int] = {row[0]: row[1] for row in db.execute(chosen.group_by(operations.c.state))}
    if stock is not None:
        read = sum(count for name, count in stock.counts.items() if name.startswith("pulled"))
        progress.update(bars["read"], completed=read, total=max(read, stock.progress.get("expected") or 0))
    total = sum(count for state, count in by_state.items() if state != OperationState.REPLACED.value)
    done = by_state.get(OperationState.DONE.value, 0)
    progress.update(bars["planned"], completed=total, total=total)
    progress.update(bars["posted"], completed=done, total=max(total, 1))
