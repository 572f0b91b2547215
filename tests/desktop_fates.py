"""What can go wrong in a visit of QuickBooks Desktop, to be drawn from."""

from __future__ import annotations

from typing import Any

from desktop_worlds import READS
from hypothesis import strategies as st

SWITCHES = st.fixed_dictionaries(
    {
        "recovered_answers": st.sampled_from(["full", "short"]),
        "half_done_set": st.sampled_from(["completed", "not_processed"]),
        "exact_not_found": st.sampled_from(["500", "1"]),
        "close_after_failure": st.sampled_from(["no", "yes"]),
        "parameters": st.sampled_from(["empty", "missing", "nil"]),
    }
)
METHODS = (
    "clientVersion",
    "authenticate",
    *("sendRequestXML", "receiveResponseXML") * 3,
    "closeConnection",
)
POINTS = (*("after process", "before process") * 3, *(f"{when} {m}" for m in METHODS for when in ("before", "after")))
CARRIED = ("sendRequestXML", "receiveResponseXML", "process")
"""What happens again and again in a visit: only the later times matter, when something is written."""


def _planned(values: tuple[dict[str, Any], int]) -> dict[str, Any]:
    fault, late = values
    named = fault.get("method", "") + fault.get("at", "")
    return {**fault, "skip": READS + late} if any(word in named for word in CARRIED) else fault


LOST = (
    {"kind": "crash", "at": "after process"},
    {"kind": "crash", "at": "before receiveResponseXML"},
    {"kind": "lost_request", "method": "receiveResponseXML"},
    {"kind": "lost_answer", "method": "receiveResponseXML"},
)
"""QuickBooks has carried a request out, and nobody hears of it."""
FAULTS = st.tuples(
    st.one_of(
        *(st.sampled_from(LOST) for _ in range(4)),
        st.sampled_from(POINTS).map(lambda at: {"kind": "crash", "at": at}),
        st.sampled_from(METHODS).map(lambda method: {"kind": "lost_answer", "method": method}),
        st.sampled_from(METHODS).map(lambda method: {"kind": "lost_request", "method": method}),
        st.sampled_from(METHODS).map(lambda method: {"kind": "repeat", "method": method}),
        st.just({"kind": "stale_ticket", "method": "receiveResponseXML"}),
        st.integers(0, 3).map(lambda after: {"kind": "die_in_set", "match": "Add", "params": {"after": after}}),
        st.sampled_from(["Add", "Mod", "Void", "Del"]).map(
            lambda word: {"kind": "status", "match": f"{word}Rq", "params": {"code": 3175, "message": "in use"}}
        ),
        st.booleans().map(
            lambda saved: {
                "kind": "status",
                "match": "AddRq|ModRq",
                "params": {"code": 1000, "message": "internal", "saved": saved},
            }
        ),
        st.just({"kind": "hresult", "at": "process", "params": {"code": "0x80040414", "message": "A dialog"}}),
        st.just({"kind": "memory_full"}),
        st.just({"kind": "no_hcp"}),
        st.just({"kind": "expire_iterators"}),
    ),
    st.sampled_from([0, 0, 0, 1, 1, 2, 3, 5]),
).map(_planned)

BAD_DAY = st.lists(FAULTS, min_size=1, max_size=3)
