"""Trying an account before it is connected, and again later: one thing after another, each with a plain answer."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from pydantic import BaseModel

from hub.documents import Kind
from hub.errors import BusyError, ProviderError, UnauthorizedError, UnreachableError
from hub.http import Door
from hub.models import Bucket, BucketCall, ConnectionRow, table
from hub.oauth import Consent
from hub.providers import Connection, Feed, Organisation, Page, Provider, Role, Session, TellsPermissions, Want

if TYPE_CHECKING:
    from hub.engine.hub import Hub

buckets = table(Bucket)
calls = table(BucketCall)
connections = table(ConnectionRow)

TRY_AGAIN = "Try again in a minute."
PATIENCE = 5.0
"""Seconds that a test may wait for a platform's limit: a person looks on."""

TRIED = frozenset({Kind.ACCOUNT, Kind.TAX_RATE, Kind.CONTACT})
"""The lists that are tried: without them nothing can be set up."""


class Step(StrEnum):
    """What is tried, in this order; each takes a few calls at most."""

    SIGN_IN = "sign_in"
    LISTS = "lists"
    PERMISSIONS = "permissions"


class Answer(StrEnum):
    """What came of a trial. A warning keeps nobody from connecting."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class Trial(NamedTuple):
    """One thing that was tried: what it was, what came of it, and what was found or what to do."""

    what: str
    answer: Answer
    found: str = ""


@dataclass(frozen=True)
class Candidate:
    """Credentials to try. ``connection_id`` is set when they are those of a connection that is there already."""

    provider: Provider
    settings: BaseModel
    account_id: str = ""
    consent_id: int | None = None
    connection_id: int = 0


@dataclass(frozen=True)
class Tried:
    """What one step came to; ``organisation`` is whose account it is, once that is known."""

    trials: tuple[Trial, ...]
    organisation: Organisation | None = None

    @property
    def is_good(self) -> bool:
        """Whether nothing speaks against going on."""
        return all(trial.answer is not Answer.BAD for trial in self.trials)


def try_all(hub: Hub, candidate: Candidate) -> Tried:
    """Every step, up to the first that fails."""
    found: list[Trial] = []
    organisation = None
    for step in Step:
        tried = try_step(hub, candidate, step)
        found += tried.trials
        organisation = organisation or tried.organisation
        if not tried.is_good:
            break
    return Tried(tuple(found), organisation)


def try_step(hub: Hub, candidate: Candidate, step: Step) -> Tried:
    """One step; a provider's errors become answers in plain words."""
    provider = candidate.provider
    consent = None
    if candidate.consent_id is not None:
        consent = Consent(hub.store, hub.vault, provider, candidate.settings, candidate.consent_id)
    connection = Connection(candidate.connection_id, candidate.account_id, provider.title, candidate.settings, consent)
    with trial_door(hub, connection, provider) as door:
        session = provider.open(connection, door)
        if step is Step.SIGN_IN:
            return _sign_in(hub, candidate, session)
        return Tried(tuple(_lists(provider, session) if step is Step.LISTS else _permissions(provider, session)))


@contextmanager
def trial_door(hub: Hub, connection: Connection, provider: Provider) -> Iterator[Door]:
    """A way out while a person waits for the answer: it soon gives up.

    An account that is not connected yet has a count of its own for each attempt, so that a platform's "not now" to
    one, perhaps for a wrong address, does not make the next one wait.
    """
    bucket = "" if connection.id else f"trial:{secrets.token_hex(8)}"
    door = hub.door(connection, provider.limits(connection.settings), bucket=bucket, patience=PATIENCE)
    try:
        yield door
    finally:
        door.close()
        if bucket:
            with hub.store.write(durable=False) as db:
                db.execute(sa.delete(calls).where(calls.c.bucket == bucket))
                db.execute(sa.delete(buckets).where(buckets.c.name == bucket))


def stored_trials(rows: Sequence[dict[str, str]] | None) -> list[Trial]:
    """What a connection's last test found, as it was saved."""
    return [Trial(row["what"], Answer(row["answer"]), row["found"]) for row in rows or ()]


def rows_of(trials: Sequence[Trial]) -> list[dict[str, str]]:
    """Trials as they are saved."""
    return [{"what": one.what, "answer": one.answer.value, "found": one.found} for one in trials]


def _sign_in(hub: Hub, candidate: Candidate, session: Session) -> Tried:
    title = candidate.provider.title
    reached, accepted = Trial(f"{title} answers", Answer.GOOD), Trial("It accepts the sign-in", Answer.GOOD)
    try:
        organisation = session.check()
    except (UnreachableError, BusyError) as error:
        return Tried((_bad(reached, error),))
    except UnauthorizedError as error:
        return Tried((reached, _bad(accepted, error)))
    except ProviderError as error:
        # What answered may be something else, such as a web page; that says nothing about the credentials.
        return Tried((_bad(Trial(f"{title} answers as it should", Answer.GOOD), error),))
    found = [reached, accepted, Trial("Whose account it is", Answer.GOOD, organisation.name)]
    found += [*_currency(organisation), _identity(hub, candidate, organisation)]
    return Tried(tuple(found), organisation)


def _currency(organisation: Organisation) -> Iterator[Trial]:
    if organisation.base_currency:
        yield Trial("Base currency", Answer.GOOD, organisation.base_currency)
    else:
        yield Trial("Base currency", Answer.WARNING, "It does not say; it is compared when the first pages are read.")


def _identity(hub: Hub, candidate: Candidate, organisation: Organisation) -> Trial:
    """A new connection must be to a new account, another sign-in to the same one as before."""
    rows = sa.select(connections).where(connections.c.provider == candidate.provider.name)
    with hub.store.read() as db:
        taken = db.execute(rows.where(connections.c.account_id == organisation.id)).first()
        mine: Any = db.execute(rows.where(connections.c.id == candidate.connection_id)).first()
    if mine is not None:
        same = taken is not None and taken.id == mine.id
        why = "" if same else f"{organisation.name} is another account. Connect it as a new entity instead."
        return Trial(f"It is the account of {mine.name}", Answer.GOOD if same else Answer.BAD, why)
    if taken is None or taken.removed_at is not None:
        kept = "" if taken is None else f"It was connected before as {taken.name}: its links and history come back."
        return Trial("It is not connected yet", Answer.GOOD, kept)
    why = f"It is connected already, as {taken.name}. Use Edit or Reconnect on its page."
    return Trial("It is not connected yet", Answer.BAD, why)


def _lists(provider: Provider, session: Session) -> Iterator[Trial]:
    for feed in provider.feeds:
        if feed.kinds & TRIED and not feed.states_only:
            reading = Trial(f"The hub can read {feed.name.replace('_', ' ')}", Answer.GOOD)
            try:
                page = _first_page(session, feed)
            except ProviderError as error:
                yield _bad(reading, error)
                return
            yield reading._replace(found=_count(page))


def _first_page(session: Session, feed: Feed) -> Page:
    """One page tells whether a list can be read."""
    return next(iter(session.pull(Want(feed))), Page())


def _count(page: Page) -> str:
    here = len(page.records)
    if page.watermark is None and not page.expected:
        return f"{here:,} on the first page"
    return f"{max(here, page.expected or 0):,} found"


def _permissions(provider: Provider, session: Session) -> Iterator[Trial]:
    if not provider.writes:
        yield Trial("Nothing is written there", Answer.GOOD, f"The hub only reads from {provider.title}.")
        return
    writing = Trial("The hub may write what it will be asked to", Answer.GOOD, "Nothing is written before you say so.")
    if not isinstance(session, TellsPermissions):
        yield writing
        return
    try:
        missing = session.missing_permissions()
    except ProviderError as error:
        yield _bad(writing, error)
        return
    if not missing:
        yield writing
        return
    why = f"It may not {', '.join(missing)}. Reconnect and allow everything that is asked for, or correct the settings."
    yield Trial(writing.what, Answer.BAD if provider.role is Role.LEDGER else Answer.WARNING, why)


def _bad(trial: Trial, error: ProviderError) -> Trial:
    """What went wrong. What a run does about it by itself, nobody does in a test: it is tried again by hand."""
    problem = error.problem
    fix = problem.fix
    if isinstance(error, BusyError):
        fix = TRY_AGAIN
    elif isinstance(error, UnreachableError):
        fix = f"{TRY_AGAIN} If it goes on, check the address and the network."
    return trial._replace(answer=Answer.BAD, found=" ".join(filter(None, (problem.what, problem.why, fix))))
