"""An in-memory ledger that visits us: questions and answers, nothing kept in between."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from hub.documents import parse_document
from hub.errors import Problem
from hub.providers import Batch, Operation, Organisation, Outcome, Page, Record, TargetState, Want
from hub.testing.books import Books
from hub.testing.memory import MemoryLedger, hear


class VisitingLedger(MemoryLedger):
    """The same ledger, but it visits us: questions and answers, nothing in between."""

    name = "visitingledger"
    title = "Visiting ledger"
    skips: ClassVar[Mapping[str, str]] = {
        "test_a_known_record_is_spared": "The question can't carry what is known; its lists are short."
    }


class LedgerVisit:
    """Questions and answers of the visiting ledger, as JSON."""

    def ask(self, want: Want) -> bytes:
        return json.dumps({"do": "pull", "feed": want.feed.name, "cursor": want.cursor}).encode()

    def hear(self, want: Want, answer: bytes) -> Page:
        told = json.loads(answer)
        return Page(
            records=tuple(
                Record(r["id"], r["stamp"], tuple(parse_document(d["kind"], json.dumps(d)) for d in r["documents"]))
                for r in told["records"]
            ),
            states=tuple(TargetState.model_validate(state) for state in told["states"]),
            organisation=Organisation.model_validate(told["organisation"]) if told["organisation"] else None,
            watermark=told["watermark"],
        )

    def question(self, batch: Batch) -> bytes:
        return json.dumps({"do": "write", "body": batch.payload.body.decode()}).encode()

    def outcomes(self, batch: Batch, answer: bytes) -> Iterator[Outcome]:
        for told in json.loads(answer):
            if "refused" in told:
                yield Outcome(told["operation"], problem=Problem(code="refused", what=told["refused"]), refresh=True)
            else:
                yield Outcome(told["operation"], state=TargetState.model_validate(told["state"]))

    def seek(self, operations: Sequence[Operation]) -> bytes:
        asked = [
            {"operation": one.id, "kind": one.kind, "target": one.target_id, "mark": _mark(one)} for one in operations
        ]
        return json.dumps({"do": "look", "for": asked}).encode()

    def found(self, operations: Sequence[Operation], answer: bytes) -> Mapping[int, Sequence[TargetState]]:
        told = json.loads(answer)
        return {int(id): [TargetState.model_validate(state) for state in states] for id, states in told.items()}


def _mark(one: Operation) -> str:
    return f"{one.document.external_id}#{one.generation}"


def reply(books: Books, question: bytes) -> bytes:
    """The visitor's side: carry out a question and answer it."""
    asked = json.loads(question)
    if asked["do"] == "pull":
        return _reply_pull(books, asked)
    if asked["do"] == "write":
        answers = books.write(asked["body"].encode())
        return json.dumps(
            [a if "refused" in a else {**a, "state": _dump(books.entries[a["id"]].state)} for a in answers]
        ).encode()
    found = {}
    for one in asked["for"]:
        if one["target"]:
            entries = [books.entries[one["target"]]] if one["target"] in books.entries else []
        else:
            entries = [
                e for e in books.entries.values() if e.kind == one["kind"] and e.native.get("mark") == one["mark"]
            ]
        found[one["operation"]] = [_dump(entry.state) for entry in entries]
    return json.dumps(found).encode()


def _reply_pull(books: Books, asked: Mapping[str, Any]) -> bytes:
    feed = next(feed for feed in MemoryLedger.feeds if feed.name == asked["feed"])
    page = hear(books, Want(feed, asked["cursor"]))
    return json.dumps(
        {
            "records": [
                {"id": r.id, "stamp": r.stamp, "documents": [_dump(document) for document in r.documents]}
                for r in page.records
            ],
            "states": [_dump(state) for state in page.states],
            "organisation": _dump(page.organisation) if page.organisation else None,
            "watermark": page.watermark,
        }
    ).encode()


def _dump(value: BaseModel) -> Any:
    return value.model_dump(mode="json")


VisitingLedger.visit = LedgerVisit()
