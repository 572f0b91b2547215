"""Admin pages under /_sim: state, calls, faults, clock, limits, switches. JSON, no password, loopback only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest

from .books import Books
from .codec import plain
from .identity.records import App
from .identity.scopes import GRANULAR, PLAIN
from .identity.tokens import NEW_APP
from .ledger import Ledger, balances
from .records import Account, Document
from .tables import Table
from .world import World


def body() -> Any:
    """The request's JSON, an empty object when there is none."""
    return request.get_json(force=True) if request.get_data() else {}


def blueprint(world: World) -> Blueprint:
    admin = Blueprint("admin", __name__, url_prefix="/_sim")
    rules: tuple[tuple[str, str, Callable[..., Any]], ...] = (
        ("GET", "/health", lambda: {"status": "ok"}),
        ("GET", "/state", lambda: state(world)),
        ("GET", "/state/<collection>", lambda collection: raw_objects(world, collection)),
        ("GET", "/ledger", lambda: ledger(world)),
        ("GET", "/calls", lambda: calls(world)),
        ("DELETE", "/calls", world.calls.clear),
        ("GET", "/faults", world.faults.shown),
        ("POST", "/faults", lambda: add_faults(world)),
        ("DELETE", "/faults", world.faults.clear),
        ("GET", "/clock", lambda: {"now": world.clock.now().isoformat()}),
        ("POST", "/clock", lambda: set_clock(world)),
        ("POST", "/limits", lambda: set_limits(world)),
        ("GET", "/switches", world.switches.table),
        ("POST", "/switches", lambda: set_switches(world)),
        ("POST", "/apps", lambda: register_app(world)),
        ("POST", "/connect", lambda: connect(world)),
        ("POST", "/expire_tokens", lambda: expire_tokens(world)),
    )
    for number, (method, path, view) in enumerate(rules):
        admin.add_url_rule(path, f"{number}", _json(view), methods=[method])
    return admin


def _json(view: Callable[..., Any]) -> Callable[..., Response]:
    """Answer with JSON; bad values are a 400 with the reason."""

    def run(**args: str) -> Response:
        try:
            result = view(**args)
        except (ValueError, KeyError, TypeError) as problem:
            raise BadRequest(f"{type(problem).__name__}: {problem}") from problem
        return jsonify({"ok": True} if result is None else result)

    return run


def chosen_books(world: World) -> Books:
    """The organisation named by `?tenant=`, else the first."""
    tenant_id = request.args.get("tenant") or next(iter(world.organisations))
    return world.books(tenant_id)


# ---------------------------------------------------------------------- state


def state(world: World) -> dict[str, Any]:
    """Counts of every collection; documents summed by type, status and currency, amounts as text."""
    with world.lock:
        books = chosen_books(world)
        shown: dict[str, Any] = {
            "tenant_id": books.tenant_id,
            "counts": {name: len(table) for name, table in books.tables().items()},
            "invoices": _document_totals(books.invoices),
            "credit_notes": _document_totals(books.credit_notes),
            "payments": _payment_totals(books),
            "manual_journals": dict(Counter(journal.status for journal in books.manual_journals)),
        }
    return shown


def _document_totals(table: Table[Document]) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for document in table:
        row = sums[document.type, document.status, document.currency]
        row["count"] += 1
        row["lines"] += len(document.lines)
        for name in ("sub_total", "total_tax", "total", "paid", "credited"):
            row[name] += getattr(document, name)
    return [
        {
            "type": key[0],
            "status": key[1],
            "currency": key[2],
            **{name: _shown(name, value) for name, value in row.items()},
        }
        for key, row in sorted(sums.items())
    ]


def _shown(name: str, value: Decimal) -> int | str:
    """Counts as numbers, amounts as exact text."""
    return int(value) if name in ("count", "lines") else str(value)


def _payment_totals(books: Books) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for payment in books.payments:
        row = sums[payment.payment_type, payment.status]
        row[0] += 1
        row[1] += payment.amount
    return [
        {"type": key[0], "status": key[1], "count": int(row[0]), "amount": str(row[1])}
        for key, row in sorted(sums.items())
    ]


def raw_objects(world: World, collection: str) -> list[dict[str, Any]]:
    """All records of one collection as stored; `?ids=` (comma-separated) or `?number=` narrow it."""
    with world.lock:
        if collection in ("apps", "grants", "connections", "access_tokens", "codes"):
            table: Table[Any] = getattr(world.identity, collection)
        else:
            table = chosen_books(world).tables()[collection]
        records = list(table)
        if wanted := request.args.get("ids"):
            records = [record for record in map(table.get, wanted.split(",")) if record]
        if number := request.args.get("number"):
            records = [
                record for record in records if number in (getattr(record, "number", ""), getattr(record, "code", ""))
            ]
        return [_tree(record) for record in records]


def ledger(world: World) -> Any:
    """Balances by account code at the end of `?date=` (default: ever); with `?account=` the postings on it."""
    with world.lock:
        books = chosen_books(world)
        until = date.fromisoformat(request.args.get("date", date.max.isoformat()))
        found = [posting for posting in Ledger(books).postings() if posting.date <= until]
        code = request.args.get("account")
        if code is None:
            sums = balances(found, None, until).items()
            return {_named(books.accounts[account_id]): str(amount) for account_id, amount in sums}
        chosen = [a.account_id for a in books.accounts if a.code == code]
        return [_tree(posting) for posting in sorted(found, key=attrgetter("date")) if posting.account_id in chosen]


def _named(account: Account) -> str:
    return account.code or account.name


def _tree(value: Any) -> Any:
    """A record as plain JSON values, nested records included."""
    if isinstance(value, list):
        return [_tree(item) for item in value]
    if isinstance(value, dict):
        return {name: _tree(item) for name, item in value.items()}
    if value is None or isinstance(value, (str, int, float)):
        return value
    return _tree(plain(value))


# ---------------------------------------------------------------------- calls, faults, clock, limits


def calls(world: World) -> Any:
    return world.calls.details() if request.args.get("detail") else world.calls.summary()


def add_faults(world: World) -> list[dict[str, Any]]:
    rows = body()
    world.faults.add(rows if isinstance(rows, list) else [rows])
    return world.faults.shown()


def set_clock(world: World) -> dict[str, str]:
    """`{"advance_seconds": n}` or `{"set": "2026-11-22T10:00:00+00:00"}`."""
    values = body()
    with world.lock:
        if "set" in values:
            world.clock.set(datetime.fromisoformat(values["set"]))
        world.clock.advance(float(values.get("advance_seconds", 0)))
        return {"now": world.clock.now().isoformat()}


_LIMITS = ("minute", "day", "per_minute", "per_day", "per_app_minute", "concurrent", "limits", "tier")


def set_limits(world: World) -> dict[str, Any]:
    """Change limits while running; the windows begin anew."""
    values = body()
    if unknown := values.keys() - set(_LIMITS):
        raise ValueError(f"unknown limits: {sorted(unknown)}; known: {', '.join(_LIMITS)}")
    with world.lock:
        for name, value in values.items():
            setattr(world.settings, name, value)
        world.limits.clear()
        return {name: getattr(world.settings, name) for name in _LIMITS}


def set_switches(world: World) -> dict[str, dict[str, object]]:
    with world.lock:
        world.switches.set({name: bool(value) for name, value in body().items()})
        for books in world.organisations.values():
            books.set_fold_names(world.switches["contact_names_ignore_case"])
    return world.switches.table()


# ---------------------------------------------------------------------- apps and tokens


def register_app(world: World) -> dict[str, Any]:
    """Add or change an app: client_id, name, client_secret, redirect_uris, broad_scopes."""
    app = App(**body())
    with world.transaction():
        world.identity.apps.put(app)
    return _tree(app)  # type: ignore[no-any-return]


def connect(world: World) -> dict[str, Any]:
    """Consent without a browser: {client_id, scopes (text or list), tenants}; gives the token answer and
    tenants.
    """
    values = body()
    scopes = values.get("scopes") or sorted(GRANULAR | PLAIN)
    scopes = scopes.split() if isinstance(scopes, str) else scopes
    with world.transaction():
        tenants = values.get("tenants") or [next(iter(world.organisations))]
        if unknown := set(tenants) - world.organisations.keys():
            raise ValueError(f"unknown tenants: {sorted(unknown)}")
        client_id = values.get("client_id", NEW_APP.client_id)
        grant = world.identity.connect(world.identity.apps[client_id].client_id, scopes, tenants)
        return {**world.identity.issue(grant), "tenants": tenants}


def expire_tokens(world: World) -> dict[str, int]:
    """End all access tokens, as after 30 minutes."""
    with world.transaction():
        return {"expired": world.identity.expire_access_tokens()}
