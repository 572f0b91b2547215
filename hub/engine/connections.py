"""Connections and integrations: proved before they are saved, secrets sealed, removed with what was kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from itertools import chain, count
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from pydantic import BaseModel, SecretStr, ValidationError
from sqlalchemy.exc import IntegrityError

from hub.documents import Kind
from hub.engine.delivery import earliest_start, read_back
from hub.engine.notes import open_due
from hub.engine.trying import Candidate, Tried, rows_of, trial_door, try_all
from hub.errors import SettingsError
from hub.models import ConnectionRow, Flow, FlowMode, Integration, Schedule, table
from hub.oauth import Consent
from hub.providers import Connection, Limits, Organisation, Provider, Role, Window

if TYPE_CHECKING:
    from hub.engine.hub import Hub

connections = table(ConnectionRow)
flows = table(Flow)
integrations = table(Integration)
schedules = table(Schedule)


def split_secrets(settings: BaseModel) -> tuple[dict[str, Any], dict[str, Any]]:
    """A provider's settings as (plain, secret) JSON values."""
    plain: dict[str, Any] = {}
    secret: dict[str, Any] = {}
    dumped = json.loads(settings.model_dump_json())
    for name, value in dumped.items():
        actual = getattr(settings, name)
        if isinstance(actual, SecretStr):
            secret[name] = actual.get_secret_value()
        else:
            plain[name] = value
    return plain, secret


def parse_settings(provider: Provider, values: Mapping[str, Any]) -> BaseModel:
    """A provider's settings from plain values; every wrong field is named in the error."""
    try:
        return provider.settings.model_validate(dict(values))
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise SettingsError("; ".join(faults)) from None


def settings_of(hub: Hub, row: ConnectionRow) -> BaseModel:
    """A stored connection's settings, secrets included."""
    provider = hub.provider(row.provider)
    return parse_settings(provider, {**row.settings, **hub.vault.open(row.secrets)})


def limits_of(provider: Provider, settings: Any, override: Mapping[str, Any] | None) -> Limits:
    """The platform's limits, or the share of them that a person allotted to this connection.

    ``override`` is ``{"windows": [[calls, seconds], ...], "per_day": n, "concurrent": n, "day_seconds": s}``, each
    part optional.
    """
    limits = provider.limits(settings)
    if override is None:
        return limits
    windows = override.get("windows")
    return Limits(
        windows=limits.windows if windows is None else tuple(Window(int(n), float(s)) for n, s in windows),
        per_day=override.get("per_day", limits.per_day),
        concurrent=override.get("concurrent", limits.concurrent),
        day_seconds=float(override.get("day_seconds", limits.day_seconds)),
        reserved=_share(limits, override.get("per_day", limits.per_day)),
    )


def _share(limits: Limits, per_day: int | None) -> int:
    """As much of a smaller day is reserved as of the whole."""
    return limits.reserved * per_day // limits.per_day if per_day and limits.per_day else 0


def view(hub: Hub, row: ConnectionRow, **watch: Any) -> Connection:
    """A connection as its provider sees it."""
    provider = hub.provider(row.provider)
    settings = settings_of(hub, row)
    consent = None
    if row.consent_id is not None:
        consent = Consent(
            hub.store,
            hub.vault,
            provider,
            settings,
            row.consent_id,
            connection_id=row.id,
            sleep=hub.sleep,
            **watch,
        )
    return Connection(row.id or 0, row.account_id, row.name, settings, consent)


def try_settings(
    hub: Hub, provider: Provider, settings: BaseModel, *, account_id: str = "", consent_id: int | None = None
) -> Organisation:
    """Prove credentials without saving them; raises the provider's error in plain words."""
    consent = Consent(hub.store, hub.vault, provider, settings, consent_id) if consent_id is not None else None
    candidate = Connection(0, account_id, provider.title, settings, consent)
    with trial_door(hub, candidate, provider) as door:
        return provider.open(candidate, door).check()


def connect(
    hub: Hub,
    provider: Provider,
    settings: BaseModel,
    *,
    name: str,
    account_id: str = "",
    consent_id: int | None = None,
    limits: Mapping[str, Any] | None = None,
    tried: Tried | None = None,
    actor: str = "",
) -> int:
    """Test, then save a connection. One account can't be connected twice; a removed one comes back to life.

    A ``name`` that another one has is refused; without any, the account's own is used, with a number if it is taken.
    ``tried`` is a test that was made just now and was good: nothing is asked again.
    """
    organisation = tried.organisation if tried else None
    if organisation is not None:
        account_id = organisation.id
    elif provider.visit is None:
        organisation = try_settings(hub, provider, settings, account_id=account_id, consent_id=consent_id)
        account_id = organisation.id
    plain, secret = split_secrets(settings)
    values: dict[str, Any] = {
        "settings": plain,
        "secrets": hub.vault.seal(secret),
        "consent_id": consent_id,
        "limits": dict(limits) if limits is not None else None,
        "organisation": organisation.model_dump(mode="json") if organisation else None,
        "trials": rows_of(tried.trials) if tried else None,
        "tried_at": hub.clock() if tried else None,
        "suspended": None,
        "removed_at": None,
    }
    with hub.store.write() as db:
        mine = sa.select(connections).where(
            connections.c.provider == provider.name, connections.c.account_id == account_id
        )
        known = db.execute(mine).first()
        if known is not None and known.removed_at is None:
            whose = organisation.name if organisation else known.name
            raise SettingsError(f"{whose} is connected already, as {known.name}. Use Edit or Reconnect on its page.")
        mine_id = int(known.id) if known is not None else None
        given = organisation.name if organisation else provider.title
        values["name"] = chosen_name = _chosen_name(db, name.strip(), given, mine_id)
        if known is not None:
            db.execute(sa.update(connections).where(connections.c.id == known.id).values(values))
            connection_id = int(known.id)
            _resume_schedules(db, connection_id, hub.clock())
        else:
            fresh = {
                "provider": provider.name,
                "account_id": account_id,
                "created_at": hub.clock(),
                "wanted_why": "",
            }
            insert = sa.insert(connections).values({**values, **fresh}).returning(connections.c.id)
            connection_id = int(db.execute(insert).scalar_one())
        hub.audit(db, actor, "connected", chosen_name, connection=connection_id)
    return connection_id


def check_name(db: sa.Connection, name: str, own_id: int | None = None) -> None:
    """Raises ``SettingsError`` if another connection goes by the name: people could not tell them apart."""
    if name.casefold() in _other_names(db, own_id):
        raise SettingsError(f"Another entity is called {name} already. Choose a name that tells them apart.")


def _chosen_name(db: sa.Connection, typed: str, given: str, own_id: int | None) -> str:
    if typed:
        check_name(db, typed, own_id)
        return typed
    taken = _other_names(db, own_id)
    numbered = (f"{given} ({number})" for number in count(2))
    return next(name for name in chain([given], numbered) if name.casefold() not in taken)


def _other_names(db: sa.Connection, own_id: int | None) -> set[str]:
    """What the others are called that were not removed, all in small letters."""
    others = sa.select(connections.c.name).where(connections.c.removed_at.is_(None), connections.c.id != (own_id or 0))
    return {name.casefold() for name in db.execute(others).scalars()}


def _resume_schedules(db: sa.Connection, connection_id: int, present: datetime) -> None:
    """Removing paused them; they go on from now. Its flows stay off: what is posted is for a person to decide."""
    mine = schedules.c.connection_id == connection_id
    db.execute(sa.update(schedules).where(mine).values(paused=False, counts_from=present))


def reconnect(
    hub: Hub,
    connection_id: int,
    settings: BaseModel,
    *,
    consent_id: int | None = None,
    tried: Tried | None = None,
    actor: str = "",
) -> None:
    """New credentials for a connection; they must reach the same account. ``tried`` is as for ``connect``."""
    row = hub.connection(connection_id)
    provider = hub.provider(row.provider)
    organisation = tried.organisation if tried else None
    if organisation is None:
        reached = consent_id or row.consent_id
        organisation = try_settings(hub, provider, settings, account_id=row.account_id, consent_id=reached)
    if organisation.id != row.account_id:
        raise SettingsError(
            f"These credentials belong to {organisation.name}, but {row.name} is another account."
            " Connect it as a new one instead."
        )
    plain, secret = split_secrets(settings)
    values: dict[str, Any] = {"settings": plain, "secrets": hub.vault.seal(secret), "suspended": None}
    if tried is not None:
        values |= {"trials": rows_of(tried.trials), "tried_at": hub.clock()}
    if consent_id is not None:
        values["consent_id"] = consent_id
    with hub.store.write() as db:
        db.execute(sa.update(connections).where(connections.c.id == connection_id).values(values))
        hub.audit(db, actor, "reconnected", row.name, connection=connection_id)


def try_again(hub: Hub, connection_id: int) -> Tried:
    """Test a connection as it is stored, and keep what was found with it."""
    row = hub.connection(connection_id)
    candidate = Candidate(
        hub.provider(row.provider), settings_of(hub, row), row.account_id, row.consent_id, connection_id
    )
    tried = try_all(hub, candidate)
    values: dict[str, Any] = {"trials": rows_of(tried.trials), "tried_at": hub.clock()}
    if tried.is_good:
        values["suspended"] = None  # it was let in again without anything having been changed here
    with hub.store.write() as db:
        db.execute(sa.update(connections).where(connections.c.id == connection_id).values(values))
    return tried


def remove(hub: Hub, connection_id: int, *, actor: str) -> None:
    """Disconnect: credentials are forgotten and its flows stop; links and history are kept."""
    row = hub.connection(connection_id)
    with hub.store.write() as db:
        values = {
            "removed_at": hub.clock(),
            "secrets": hub.vault.seal({}),
            "consent_id": None,
            "wanted_at": None,
        }
        sides = sa.or_(integrations.c.stock_id == connection_id, integrations.c.ledger_id == connection_id)
        mine = list(db.execute(sa.select(integrations.c.id).where(sides).order_by(integrations.c.id)).scalars())
        for integration_id in mine:
            hub.store.claim(db, integration_id)
            open_due(hub.store, db, integration_id, "a side was removed")
        db.execute(sa.update(connections).where(connections.c.id == connection_id).values(values))
        db.execute(sa.update(flows).where(flows.c.integration_id.in_(mine)).values(mode=FlowMode.OFF.value))
        db.execute(sa.update(schedules).where(schedules.c.connection_id == connection_id).values(paused=True))
        hub.audit(db, actor, "removed", row.name, connection=connection_id)


def integrate(hub: Hub, stock_id: int, ledger_id: int, *, start_date: date, name: str = "", actor: str = "") -> int:
    """Join a stock side and a ledger side; every flow the two allow is there, switched off."""
    stock, ledger = hub.connection(stock_id), hub.connection(ledger_id)
    kinds = flow_kinds(hub.provider(stock.provider), hub.provider(ledger.provider))
    check_pair(stock, ledger)
    chosen_name = name or f"{stock.name} -> {ledger.name}"
    row = {
        "name": chosen_name,
        "stock_id": stock_id,
        "ledger_id": ledger_id,
        "start_date": start_date,
    }
    with hub.store.session() as session:
        before = earliest_start(session.connection(), stock_id)
        integration = Integration.model_validate(row)
        session.add(integration)
        try:
            session.flush()
        except IntegrityError:
            raise SettingsError(f"{stock.name} and {ledger.name} are joined already.") from None
        integration_id = int(integration.id or 0)
        session.add_all(Flow(integration_id=integration_id, kind=kind.value) for kind in kinds)
        read_back(session.connection(), stock_id, before, start_date)
        hub.audit(session.connection(), actor, "joined", chosen_name, integration=integration_id)
        return integration_id


def flow_kinds(stock: Provider, ledger: Provider) -> list[Kind]:
    """The kinds that the stock side delivers and the ledger side takes."""
    if stock.role is not Role.STOCK or ledger.role is not Role.LEDGER:
        raise SettingsError(f"{stock.title} -> {ledger.title}: a stock system comes first, a ledger second.")
    delivered = frozenset().union(*(feed.kinds for feed in stock.feeds if not feed.states_only))
    return [kind for kind in Kind if kind in delivered and kind in ledger.writes]


def check_pair(stock: ConnectionRow, ledger: ConnectionRow) -> None:
    """Raises ``SettingsError`` when the two are known to keep their books in different currencies."""
    currencies = {
        row.organisation["base_currency"]
        for row in (stock, ledger)
        if row.organisation and row.organisation["base_currency"]
    }
    if len(currencies) > 1:
        raise SettingsError(
            f"{stock.name} and {ledger.name} keep their books in different currencies"
            f" ({' and '.join(sorted(currencies))}). Both sides need the same base currency."
        )
