"""The command line."""

from __future__ import annotations

import signal
import subprocess
import sys
from urllib.request import urlopen

import pytest

COMMAND = [sys.executable, "-c", "from sim_cin7core.cli import main; main()", "serve"]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_cleanly(ending: signal.Signals) -> None:
    with subprocess.Popen([*COMMAND, "--empty"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("sim-cin7core listening on http://127.0.0.1:")
        with urlopen(line.rpartition(" ")[2] + "/_sim/health", timeout=60) as answer:  # noqa: S310
            assert answer.status == 200
        process.send_signal(ending)
        assert process.wait(timeout=60) == 0


def test_a_wrong_switch_is_named() -> None:
    ended = subprocess.run(
        [*COMMAND, "--empty", "--switch", "gravity=off"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "unknown switch 'gravity'" in ended.stderr
