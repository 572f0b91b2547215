"""Pages that ask again and again how far something is, until it has ended."""

from __future__ import annotations

from flask import make_response
from flask.typing import ResponseReturnValue

STOP_POLLING = 286
"""htmx takes this status for the last answer of a poll."""


def in_place(page: ResponseReturnValue) -> ResponseReturnValue:
    """The last answer of a poll: the content of the whole page as it is now, instead of all that was shown so far.

    Nothing that was said while it was under way stays beside what it found.
    """
    answer = make_response(page)
    answer.status_code = STOP_POLLING
    answer.headers.update({"HX-Retarget": "#content", "HX-Reselect": "#content", "HX-Reswap": "outerHTML"})
    return answer
