"""What became of the operations of a message set: each answer finds its operation by the id of its request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import cast

from lxml import etree

from hub import Action, Allocation, Batch, Kind, Operation, Outcome, TargetState, TargetStatus, TradeDocument
from hub_qbdesktop import ids, messages, refusals, states, xmltext
from hub_qbdesktop.messages import Reply

_LISTS = (Kind.CONTACT, Kind.ITEM)
_HOME_RATE = Decimal(1)
"""What QuickBooks says of a transaction in its home currency, where it keeps several."""


def read(batch: Batch, answer: bytes) -> Iterator[Outcome]:
    """An outcome for each operation that the answer names. What it leaves open is looked for."""
    told = messages.read(answer)
    if told.says_nothing:
        return
    replies = told.by_id()
    if batch.kind is Kind.ALLOCATION:
        uses = messages.requests(batch.payload.body)
        yield from (each for one in batch.operations for each in _used(one, uses, replies.get(str(one.id))))
        return
    for operation in batch.operations:
        reply = replies.get(str(operation.id))
        if reply is not None:
            yield from _outcome(operation, reply)


def _used(operation: Operation, uses: Mapping[str, etree._Element], reply: Reply | None) -> Iterator[Outcome]:
    """What became of the use of a credit: the answer names nothing, so its two sides are those of the request."""
    if reply is None:
        return
    if not reply.is_done:
        yield from _outcome(operation, reply)
        return
    request = uses[str(operation.id)]
    credit, document = (states.text(request, f".//{name}") for name in ("CreditTxnID", "AppliedToTxnAdd/TxnID"))
    state = TargetState(
        kind=Kind.ALLOCATION,
        target_id=ids.use(ids.made_as(operation.document), credit, document),
        status=TargetStatus.OPEN,
        total=cast(Allocation, operation.document).amount,
    )
    yield Outcome(operation.id, state=state, warnings=tuple(_warnings(operation, reply, state)))


def _outcome(operation: Operation, reply: Reply) -> Iterator[Outcome]:
    if reply.is_done:
        state = _state(operation, reply)
        if state is not None:
            yield Outcome(operation.id, state=state, warnings=tuple(_warnings(operation, reply, state)))
    elif operation.action in (Action.VOID, Action.DELETE) and reply.is_not_found:
        yield Outcome(operation.id, state=states.gone(operation.kind, operation.target_id))
    elif reply.code in refusals.TAKEN:
        yield Outcome(operation.id, problem=refusals.problem(operation, reply), look=True)
    else:
        passes = refusals.is_undecided(reply)
        yield Outcome(operation.id, problem=refusals.problem(operation, reply), passes=passes)


def _state(operation: Operation, reply: Reply) -> TargetState | None:
    if operation.action in (Action.VOID, Action.DELETE):
        is_void = reply.name == "TxnVoid"
        status = TargetStatus.VOIDED if is_void else TargetStatus.MISSING
        return TargetState(kind=operation.kind, target_id=operation.target_id, status=status)
    if reply.records:
        record = reply.records[0]
        named = xmltext.local(record)
        if named in states.KINDS:
            return states.transaction(record)
        return states.listed(record) if named in states.LISTED else None
    return _recovered(operation, reply.recovered) if reply.recovered is not None else None


def _recovered(operation: Operation, node: etree._Element) -> TargetState | None:
    """QuickBooks only remembers that it carried the request out, and the id of what came of it."""
    native = states.text(node, "TxnID") or states.text(node, "ListID")
    if not native:
        return None
    sort = ids.sort_of(operation.target_id, operation.document)
    status = TargetStatus.ACTIVE if operation.kind in _LISTS else TargetStatus.OPEN
    return TargetState(
        kind=operation.kind,
        target_id=ids.joined(sort, native) if sort else native,
        status=status,
        stamp=states.text(node, "EditSequence"),
    )


def _warnings(operation: Operation, reply: Reply, state: TargetState) -> Iterator[str]:
    if reply.code:
        yield f"QuickBooks warns: {reply.message}"
    document = operation.document
    if not isinstance(document, TradeDocument):
        return
    rate = states.amount(reply.records[0], "ExchangeRate") if reply.records else None
    if rate not in (None, _HOME_RATE) and document.rate in (None, _HOME_RATE):
        yield (
            f"QuickBooks took the amounts for a foreign currency, at a rate of {rate}, since it keeps that customer or"
            f" vendor in it. Void it there, and link one that is kept in {document.currency}."
        )
    if state.total is not None and state.total != document.total:
        yield f"QuickBooks came to a total of {state.total:,}; the document says {document.total:,}. Compare the two."
