"""Adding an account to the ledger's chart for a person, exactly once: it is looked for by its code before and after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.documents import Account, Kind
from hub.engine import connections
from hub.engine.delivery import deliver_made
from hub.errors import RejectedError, SettingsError, UnsureError
from hub.mapping import fold
from hub.models import ConnectionRow
from hub.providers import AccountType, KeepsChart, Record

if TYPE_CHECKING:
    from hub.engine.hub import Hub


@dataclass(frozen=True)
class Made:
    """What came of it. ``was_there`` when the ledger had the account already, perhaps from a try before."""

    account: Account
    was_there: bool


@dataclass(frozen=True)
class WantedAccount:
    """What a person asks for; ``type`` is the code of one of the provider's account types."""

    code: str
    name: str
    type: str
    takes_payments: bool = False


class AccountMaking:
    """A person's verb on a ledger's chart. ``actor`` is who asks; it goes into the audit."""

    def __init__(self, hub: Hub, actor: str) -> None:
        self.hub = hub
        self.actor = actor

    def types(self, integration_id: int) -> tuple[AccountType, ...]:
        """The sorts of account that can be added; empty when the ledger's plugin can't."""
        ledger = self._ledger(integration_id)
        provider = self.hub.providers.get(ledger.provider)
        if provider is None or provider.visit is not None or ledger.removed_at is not None:
            return ()
        return provider.account_types

    def create(self, integration_id: int, wanted: WantedAccount) -> Made:
        """Add it, and keep it in the hub's own list at once, so that it can be mapped to.

        Raises ``SettingsError`` for what can't be asked, the provider's error for what the ledger refused.
        """
        sort = next((each for each in self.types(integration_id) if each.code == wanted.type), None)
        if sort is None:
            raise SettingsError("Choose what sort of account it is.")
        if not wanted.code.strip() or not wanted.name.strip():
            raise SettingsError("An account needs a code and a name.")
        ledger = self._ledger(integration_id)
        asked = Account(
            external_id=wanted.code.strip(),
            code=wanted.code.strip(),
            name=wanted.name.strip(),
            type=sort.code,
            account_class=sort.account_class,
            takes_payments=wanted.takes_payments,
        )
        with self._chart(ledger) as chart:
            made = self._made_once(chart, asked, ledger.name)
        self._keep(ledger, made)
        return made

    def _made_once(self, chart: KeepsChart, asked: Account, ledger: str) -> Made:
        known = self._same(chart, asked, ledger)
        if known is not None:
            return Made(known, was_there=True)
        try:
            return Made(chart.create_account(asked), was_there=False)
        except (UnsureError, RejectedError) as error:
            # The answer was lost, or somebody else was quicker: the ledger itself knows whether it is there.
            known = self._same(chart, asked, ledger)
            if known is None:
                raise
            return Made(known, was_there=isinstance(error, RejectedError))

    def _same(self, chart: KeepsChart, asked: Account, ledger: str) -> Account | None:
        """The ledger's account of this code and name; another account of this code is an error."""
        found = chart.find_account(asked.code)
        if found is None or (found.active and fold(found.name) == fold(asked.name)):
            return found
        state = "" if found.active else ", which is archived"
        raise SettingsError(
            f"{ledger} has an account {found.code} already: {found.name}{state}. Choose another code, or map to it."
        )

    def _keep(self, ledger: ConnectionRow, made: Made) -> None:
        provider = self.hub.provider(ledger.provider)
        feed = next(feed for feed in provider.feeds if Kind.ACCOUNT in feed.kinds and not feed.states_only)
        account = made.account
        record = Record(account.external_id, "", (account,), label=account.name)
        with self.hub.store.write() as db:
            deliver_made(self.hub.store, db, ledger.id or 0, feed, record, self.hub.clock())
            what = "found the account" if made.was_there else "added the account"
            about = f"{account.code} {account.name}"
            self.hub.audit(db, self.actor, what, about, ledger=ledger.name, connection=ledger.id)

    def _ledger(self, integration_id: int) -> ConnectionRow:
        return self.hub.connection(self.hub.integration(integration_id).ledger_id)

    @contextmanager
    def _chart(self, ledger: ConnectionRow) -> Iterator[KeepsChart]:
        provider = self.hub.provider(ledger.provider)
        connection = connections.view(self.hub, ledger)
        door = self.hub.door(connection, connections.limits_of(provider, connection.settings, ledger.limits))
        try:
            session = provider.open(connection, door)
            if not isinstance(session, KeepsChart):
                raise SettingsError(f"{provider.title} lets nobody add accounts from outside.")
            yield session
        finally:
            door.close()
