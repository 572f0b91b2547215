"""Error bodies: an array of {ErrorCode, Exception}, sometimes a bare object (documentation; seen live)."""

from __future__ import annotations

import itertools
import json

from sim_cin7core.switches import Switches

_turns = itertools.count()


def error_body(switches: Switches, status: int, text: str) -> bytes:
    """The body of an error in the shape that the switch asks for; mixed alternates."""
    error = {"ErrorCode": status, "Exception": text}
    shape = switches["error_shape"]
    if shape == "mixed":
        shape = ("array", "object")[next(_turns) % 2]
    return json.dumps([error] if shape == "array" else error).encode()
