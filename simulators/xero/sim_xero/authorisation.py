"""Who calls: bearer token, tenant, scope.

Source: Xero developer pages (OAuth 2.0, Tenants) and answers seen by users of the API: 401 with Detail
`TokenExpired: ...` or `AuthorizationUnsuccessful` (scope), 403 with `AuthenticationUnsuccessful` (tenant).
"""

from __future__ import annotations

from flask import Request

from .books import Books
from .errors import problem_detail
from .identity.records import AccessToken
from .identity.scopes import opens
from .world import World


def bearer(request: Request, world: World) -> AccessToken:
    """The access token of a request; raises 401 when missing, unknown, revoked or expired."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    token = world.identity.access_tokens.get(value.strip()) if kind.lower() == "bearer" else None
    grant = world.identity.grants.get(token.grant_id) if token else None
    if token is None or grant is None or grant.revoked:
        raise problem_detail(401, "Unauthorized", "AuthenticationUnsuccessful")
    if token.expires <= world.clock.now():
        moment = token.expires.strftime("%m/%d/%Y %H:%M:%S")
        raise problem_detail(401, "Unauthorized", f"TokenExpired: token expired at {moment}")
    return token


def tenant(request: Request, world: World, token: AccessToken) -> Books:
    """The organisation of the xero-tenant-id header; 403 when it is missing, unknown or not connected."""
    tenant_id = request.headers.get("xero-tenant-id", "")
    if tenant_id and world.identity.connection(token.client_id, tenant_id):
        return world.books(tenant_id)
    raise problem_detail(403, "Forbidden", "AuthenticationUnsuccessful")


def check_scope(world: World, token: AccessToken, resource: str, reading: bool) -> None:
    """401 AuthorizationUnsuccessful when the consent did not include the resource."""
    if not opens(world.identity.grants[token.grant_id].scopes, resource, reading):
        raise problem_detail(401, "Unauthorized", "AuthorizationUnsuccessful")
