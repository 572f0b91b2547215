"""``hub serve`` whose clock runs fast: ``python hurried_hub.py SINCE TIMES PORT``.

Who died is waited for in minutes; here they last seconds. Every process that is told the same moment, in seconds since
1970, has the same clock.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from hub.cli import cli, workplace
from hub.engine import Hub


def hurried(since: float, times: float) -> Callable[[], datetime]:
    """A clock that runs so many times as fast since a moment."""
    return lambda: datetime.fromtimestamp(since + (time.time() - since) * times, UTC)


if __name__ == "__main__":
    setattr(workplace, "Hub", partial(Hub, clock=hurried(float(sys.argv[1]), float(sys.argv[2]))))  # noqa: B010
    cli(["serve", "--port", sys.argv[3]])
