"""Batches: several elements in one write, and what the answer says about each.

Source: Xero API documentation, Requests and responses (summarizeErrors): by default one bad element makes
the answer a 400 with the bad elements; with `summarizeErrors=false` it is always 200 and each element says
OK, WARNING or ERROR.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from .endpoint import Call, Payload
from .errors import ApiError, ValidationError

EMPTY_ID = "00000000-0000-0000-0000-000000000000"
Write = Callable[[Call, dict[str, Any]], dict[str, Any]]


def run(call: Call, wrapper: str, id_name: str, flag_name: str, write: Write) -> Payload:
    """Write each element of the body; `write` returns the rendered object or raises ValidationError."""
    journal = call.books.journal
    results: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    for raw in call.elements(wrapper):
        mark = journal.mark()
        try:
            results.append(write(call, raw))
        except ValidationError as problem:
            journal.rollback(mark)
            refused = echo(raw, problem, id_name, flag_name)
            bad.append(refused)
            results.append({**refused, "StatusAttributeString": "ERROR"})
    if bad and call.summarize_errors:
        refuse(call, bad)
    return {wrapper: results}


def single(call: Call, wrapper: str, id_name: str, flag_name: str, raw: dict[str, Any], write: Write) -> Payload:
    """Write one element addressed by the path; a problem is always a 400."""
    try:
        return {wrapper: [write(call, raw)]}
    except ValidationError as problem:
        call.books.journal.rollback()
        raise ApiError(400, validation_exception([echo(raw, problem, id_name, flag_name)])) from problem


def with_status(shown: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    """The rendered object with OK or WARNING and the warnings."""
    shown["StatusAttributeString"] = "WARNING" if warnings else "OK"
    if warnings:
        shown["Warnings"] = [{"Message": message} for message in warnings]
    return shown


def refuse(call: Call, elements: list[dict[str, Any]]) -> None:
    """Raise the 400; unless the switch says otherwise nothing of the batch stays."""
    if call.world.switches["refused_batch_saves_nothing"]:
        call.books.journal.rollback()
    else:
        call.world.commit()
    raise ApiError(400, validation_exception(elements))


def validation_exception(elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": elements,
    }


def echo(raw: dict[str, Any], problem: ValidationError, id_name: str, flag_name: str) -> dict[str, Any]:
    """The element as sent, with its messages on top and on the nested parts they are about."""
    shown = {id_name: EMPTY_ID, **copy.deepcopy(raw)}
    for path, messages in problem.nested.items():
        target: Any = shown
        for step in path:
            target = target[step] if _holds(target, step) else None
        if isinstance(target, dict):
            target.setdefault("ValidationErrors", []).extend({"Message": message} for message in messages)
    shown[flag_name] = True
    shown["ValidationErrors"] = [{"Message": message} for message in problem.messages]
    return shown


def _holds(target: Any, step: str | int) -> bool:
    if isinstance(target, dict):
        return step in target
    return isinstance(target, list) and isinstance(step, int) and step < len(target)
