"""What the workers log of a run that ended."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from houses import House, called
from patience import PATIENCE, eventually

from hub.scheduler import Workers
from hub.store import Store
from hub.testing.memory import StockSession
from hub.vault import Vault


@pytest.fixture
def house(store: Store, vault: Vault) -> House:
    return called(store, vault)


def test_a_failed_run_is_logged_with_its_reason_in_one_line(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = threading.Event()

    def broken(_session: StockSession, _want: Any) -> Any:
        reached.set()
        raise ValueError("the shelf\nis broken")

    monkeypatch.setattr(StockSession, "pull", broken)
    house.hub.want(house.stock_id, "person")
    workers = Workers(house.hub, 2)
    with caplog.at_level(logging.INFO, "hub.workers"):
        assert workers.dispatch() in (1, 2)  # the ledger's run may be wanted too
        assert reached.wait(PATIENCE)  # asked to end before this, the run would be stopped instead of failed
        assert eventually(lambda: any(record.getMessage().startswith("Shelf") for record in caplog.records))
        workers.stop()
    told = [record for record in caplog.records if record.name == "hub.workers"]
    (line,) = [record for record in told if record.getMessage().startswith("Shelf")]
    assert line.levelname == "WARNING"
    assert line.getMessage().startswith("Shelf: failed {} The run of Shelf failed unexpectedly.")
    assert "the shelf is broken" in line.getMessage()
