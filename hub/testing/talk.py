"""One way to talk to a provider in a test, whether we call it or it visits us."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hub.documents import Document, Kind
from hub.providers import (
    Action,
    Batch,
    Facts,
    Operation,
    Outcome,
    Page,
    Provider,
    Ref,
    Session,
    TargetState,
    Visit,
    Want,
    party_of,
)
from hub.reconcile import TIERS

Reply = Callable[[bytes], bytes]
"""The visitor's side: the answer to a question."""


@dataclass
class VisitTalk:
    """The four conversations of a visiting provider, question by question."""

    visit: Visit
    reply: Reply

    def pull(self, want: Want) -> Iterator[Page]:
        """Ask until the watermark comes."""
        while True:
            page = self.visit.hear(want, self.reply(self.visit.ask(want)))
            yield page
            if page.watermark is not None:
                return
            want = replace(want, progress=page.progress)

    def push(self, batch: Batch) -> Iterator[Outcome]:
        """Ask with the stored bytes."""
        return self.visit.outcomes(batch, self.reply(self.visit.question(batch)))

    def look(self, operations: Sequence[Operation]) -> Mapping[int, Sequence[TargetState]]:
        """Ask for targets."""
        return self.visit.found(operations, self.reply(self.visit.seek(operations)))


Talk = Session | VisitTalk


class Poster:
    """Posts documents of a ledger in the order in which they refer to each other, as the engine does."""

    def __init__(self, provider: Provider, talk: Talk, facts: Facts) -> None:
        self.provider = provider
        self.talk = talk
        self.targets: dict[Ref, str] = dict(facts.targets)
        self._facts = facts
        self._batches = 0

    @property
    def facts(self) -> Facts:
        """What is known of the target now."""
        return self._facts.with_targets(self.targets)

    def operation(
        self, document: Document, action: Action = Action.CREATE, target: TargetState | None = None
    ) -> Operation:
        """An operation on a document; ``target`` is what it changes."""
        self._batches += 1
        return Operation(
            id=self._batches,
            kind=document.kind,
            action=action,
            document=document,
            key=f"{self._batches:024d}-{self._batches}",
            target_id=target.target_id if target else "",
            target=target,
            targets=self.targets,
        )

    def send(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Render and push one batch."""
        first = operations[0]
        payload = self.provider.render(operations, self.facts)
        batch = Batch(first.key.partition("-")[0], first.kind, first.action, tuple(operations), payload)
        return list(self.talk.push(batch))

    def post(self, document: Document) -> TargetState:
        """Create one document and remember its target."""
        fitted = self.provider.fit(document, self.facts)
        [outcome] = self.send([self.operation(fitted.document)])
        if outcome.state is None:
            raise AssertionError(f"{document.kind} {document.label} was not made: {outcome.problem or 'unsure'}")
        ref = document.kind, document.external_id
        self.targets[ref] = outcome.state.target_id
        if outcome.state.contact_id:
            self.targets[party_of(ref)] = outcome.state.contact_id
        return outcome.state

    def post_all(self, documents: Mapping[Kind, Document]) -> dict[Kind, TargetState]:
        """Create a document of each kind, what others refer to first."""
        return {kind: self.post(documents[kind]) for kind in sorted(documents, key=lambda kind: TIERS[kind])}
