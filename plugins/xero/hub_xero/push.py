"""Sending stored bytes to Xero, and reading what became of each operation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl

from hub import Answer, Batch, Kind, Operation, Outcome, TargetState, TargetStatus
from hub_xero import answers, exact, refusals
from hub_xero.client import XeroClient
from hub_xero.render import COLLECTIONS, EACH


def batch_key(batch: Batch) -> str:
    """The batch's idempotency key: the same for the same bytes of the same attempt, new for every other."""
    parts = "\x1f".join([batch.id, *(operation.key for operation in batch.operations)])
    digest = hashlib.sha256(parts.encode() + batch.payload.body).hexdigest()[:32]
    return f"{batch.id}-{digest}"


def push(client: XeroClient, batch: Batch) -> Iterator[Outcome]:
    """Send a batch in one call, or one by one where Xero has no batch.

    Where Xero's answer leaves open what was done, there is no outcome. Such an answer is not a lost one: Xero keeps its
    errors under the key too, so nothing is sent again under it; it is looked for, and what is sent then has a new key.
    """
    method, _, target = batch.payload.route.partition(" ")
    path, _, query = target.partition("?")
    if EACH in path:
        for operation, body in zip(batch.operations, batch.payload.body.split(b"\n"), strict=True):
            answer = client.write(method, path.replace(EACH, operation.target_id), {}, body, operation.key)
            if _leaves_open(answer):
                return
            yield from _outcomes([operation], [exact.decode(body)], answer)
        return
    answer = client.write(method, path, dict(parse_qsl(query)), batch.payload.body, batch_key(batch))
    if _leaves_open(answer):
        return
    if method == "DELETE":
        yield _deallocated(batch.operations[0], answer)
    elif batch.kind is Kind.ALLOCATION:
        yield from _allocated(batch.operations[0], path.split("/")[1], answer)
    else:
        sent = exact.decode(batch.payload.body)[COLLECTIONS[batch.kind]]
        yield from _outcomes(batch.operations, sent, answer)


def _leaves_open(answer: Answer) -> bool:
    """Whether nobody can tell from the answer if anything was done."""
    key_reused = answer.status == 400 and "different request" in answer.text.lower()
    return answer.status >= 500 or 300 <= answer.status < 400 or key_reused


def _outcomes(operations: Sequence[Operation], sent: Sequence[exact.Json], answer: Answer) -> Iterator[Outcome]:
    refused = answer.status >= 400
    if refused and not answer.is_json:
        yield from (answers.refused(operation, [answer.text[:500]]) for operation in operations)
    else:
        yield from answers.outcomes(operations, sent, answer.json(), was_refused=refused)


def _allocated(operation: Operation, credit_id: str, answer: Answer) -> Iterator[Outcome]:
    if answer.status >= 400:
        yield answers.refused(operation, refusals.said(answer.json() if answer.is_json else answer.text))
        return
    outcome = answers.allocation_outcome(operation, answer.json(), credit_id)
    if outcome is not None:
        yield outcome


def _deallocated(operation: Operation, answer: Answer) -> Outcome:
    if answer.status >= 400:
        return answers.refused(operation, refusals.said(answer.json() if answer.is_json else answer.text))
    state = TargetState(kind=Kind.ALLOCATION, target_id=operation.target_id, status=TargetStatus.VOIDED)
    return Outcome(operation.id, state=state)
