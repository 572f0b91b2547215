"""A demo's folder: one that was ended while it was set up is begun anew, and not taken for set up."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from hub_demo.simulators import PORTS, is_free

DATABASE = "hub.db"
_UNFINISHED = "not-set-up-yet"


def begin(folder: Path) -> None:
    """Make the folder, and mark it until :func:`is_set_up` is told; what an unfinished set-up left there is removed.

    What was in the folder before is left alone. Raises ``SystemExit`` while another demo is being set up there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / _UNFINISHED
    if mark.exists():
        if not all(is_free(port) for port in _ports(folder)):
            raise SystemExit(f"Another demo is being set up in {folder}. End it first, or give another --folder.")
        before = set(mark.read_text().splitlines())
        for each in folder.iterdir():
            if each.name not in before and each != mark:
                shutil.rmtree(each) if each.is_dir() else each.unlink()
    elif not (folder / DATABASE).exists():
        mark.write_text("\n".join(each.name for each in folder.iterdir()))


def is_set_up(folder: Path) -> None:
    """Note that the next demo goes on with what is there."""
    (folder / _UNFINISHED).unlink(missing_ok=True)


def _ports(folder: Path) -> list[int]:
    remembered = folder / PORTS
    return list(json.loads(remembered.read_text()).values()) if remembered.exists() else []
