"""The Accounting API as a Flask blueprint: what happens around every endpoint.

Order: token, scope, tenant, rate limit, size, idempotency key, then the endpoint itself, all under the
world's lock.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Blueprint, Request, Response, request

from . import (  # noqa: F401  (importing registers the endpoints)
    accounts,
    allocations,
    balance_sheet,
    bank_transactions,
    contacts,
    credit_notes,
    currencies,
    empty_lists,
    invoices,
    items,
    journals,
    manual_journals,
    organisations,
    payments,
    tax_rates,
    tracking,
    trial_balance,
)
from .answers import compress, envelope, refusal_response, render
from .authorisation import bearer, check_scope, tenant
from .books import Books
from .endpoint import ENDPOINTS, Call, Endpoint
from .errors import ApiError, post_data_invalid
from .idempotency import KEPT_SECONDS, Kept, check_key, fingerprint
from .world import World

PREFIX = "/api.xro/2.0"
# Source: Xero API documentation, limits: 3.5 MB for a POST.
LARGEST_BODY = 3_500_000
_WRITES = ("PUT", "POST", "PATCH")


def blueprint(world: World) -> Blueprint:
    """All registered endpoints, bound to a world."""
    api = Blueprint("api", __name__, url_prefix=PREFIX)
    for number, found in enumerate(ENDPOINTS):
        api.add_url_rule(found.path, f"{number}", _bind(world, found), methods=[found.method])
    return api


def _bind(world: World, found: Endpoint) -> Callable[..., Response]:
    def handle(**args: str) -> Response:
        response = _handle(world, found, args)
        compress(request, response)
        return response

    return handle


def _handle(world: World, found: Endpoint, args: dict[str, str]) -> Response:
    with world.lock:
        try:
            token = bearer(request, world)
            check_scope(world, token, found.resource, request.method == "GET")
            books = tenant(request, world, token)
            in_flight = request.environ["sim.in_flight"]
            headers = world.limits.admit(token.client_id, books.tenant_id, in_flight, world.clock.seconds())
        except ApiError as refusal:
            return refusal_response(request, refusal)
        response = _keyed(world, books, token.client_id, found, args)
        response.headers.update(headers)
        return response


def _keyed(world: World, books: Books, client_id: str, found: Endpoint, args: dict[str, str]) -> Response:
    """Run an endpoint, or repeat the answer its Idempotency-Key already had."""
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method not in _WRITES:
        return _run(world, books, client_id, found, args)
    owner, now = (client_id, books.tenant_id, key), world.clock.seconds()
    print_ = fingerprint(request.method, request.full_path, request.get_data())
    try:
        check_key(key, world.switches["idempotency_key_words_refused"])
        kept = world.idempotency.replay(owner, print_, now)
    except ApiError as refusal:
        return refusal_response(request, refusal)
    if kept is None:
        response = _run(world, books, client_id, found, args)
        content_type = response.headers["Content-Type"] if response.status_code != 204 else ""
        kept = Kept(print_, response.status_code, content_type, response.get_data(), now + KEPT_SECONDS)
        world.idempotency.keep(owner, kept, now)
        return response
    return Response(kept.body, kept.status, content_type=kept.content_type)


def _run(world: World, books: Books, client_id: str, found: Endpoint, args: dict[str, str]) -> Response:
    try:
        with world.transaction():
            call = _call(world, books, client_id, args, request)
            payload = found.view(call)
    except ApiError as refusal:
        return refusal_response(request, refusal)
    if payload is None:
        return Response(status=204)
    bare = payload.pop("bare", False)
    body, content_type = render(request, payload if bare else envelope(payload, world.clock), "Response")
    return Response(body, content_type=content_type)


def _call(world: World, books: Books, client_id: str, args: dict[str, str], request: Request) -> Call:
    return Call(
        world=world,
        books=books,
        client_id=client_id,
        method=request.method,
        query={name.lower(): value for name, value in request.args.items()},
        args=args,
        if_modified_since=request.headers.get("If-Modified-Since", ""),
        body=_body(request) if request.method in _WRITES else None,
        now=world.clock.now(),
    )


def _body(request: Request) -> Any:
    """The JSON body; numbers with a point become decimals."""
    content = request.get_data()
    if len(content) > LARGEST_BODY:
        raise ApiError(413, "The request is larger than 3.5 MB")
    if "json" not in request.headers.get("Content-Type", ""):
        raise post_data_invalid("The content type must be application/json: this simulator does not read XML.")
    try:
        return json.loads(content, parse_float=Decimal)
    except ValueError as problem:
        raise post_data_invalid(f"The body is not valid JSON: {problem}") from problem
