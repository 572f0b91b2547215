"""Work in a thread of its own, and what the main thread does meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

LOOK_SECONDS = 0.25


def attended(work: Callable[[], Result], meanwhile: Callable[[], object]) -> Result:
    """Do the work in a thread, and ``meanwhile`` several times a second until it is done; raises what the work raises.

    Whoever ends the program for good does not wait for the thread.
    """
    done = threading.Event()
    results: list[Result] = []
    errors: list[BaseException] = []

    def go() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001  (raised again in the thread that waits)
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=go, name="demo", daemon=True).start()
    while not done.wait(LOOK_SECONDS):
        meanwhile()
    if errors:
        raise errors[0]
    return results[0]
