"""The demo with ``--review``: one kind waits for a person, the others go by themselves."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from hub_demo.journey import set_up
from hub_demo.simulators import running

from hub.engine import Hub
from hub.models import Flow, FlowMode, table
from hub.plugins import load
from hub.settings import load_settings
from hub.store import Store
from hub.vault import Vault


def test_with_review_the_invoices_wait_and_nothing_else_does(tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path)
    store = Store(settings.store_url)
    store.migrate()
    hub = Hub(store, Vault(settings.keys()), load().providers, settings)
    fast = {"cin7core": ["--no-limits"], "xero": ["--no-limits"]}
    flows = table(Flow)
    try:
        with running(tmp_path, minute=0.01, extra=fast) as pair:
            set_up(hub, pair, minute=0.01, review=True, say=lambda _text: None)
        with store.read() as db:
            modes = {row.kind: row.mode for row in db.execute(sa.select(flows.c.kind, flows.c.mode))}
    finally:
        store.dispose()
    assert modes.pop("invoice") == FlowMode.REVIEW.value
    assert modes.pop("journal") == FlowMode.OFF.value
    assert len(modes) >= 8
    assert set(modes.values()) == {FlowMode.AUTOMATIC.value}
