"""Consent, tokens, scopes, connections."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from sim_xero import Simulator
from sim_xero.identity.tokens import NEW_APP, OLD_APP, PKCE_APP

SCOPES = "openid offline_access accounting.invoices accounting.contacts accounting.settings.read"
WEB = requests.Session()
BACK = "http://127.0.0.1:9999/callback"


def ask(sim: Simulator, **changes: str) -> requests.Response:
    query = {
        "response_type": "code",
        "client_id": NEW_APP.client_id,
        "redirect_uri": BACK,
        "scope": SCOPES,
        "state": "st&1",
        **changes,
    }
    return WEB.get(f"{sim.url}/identity/connect/authorize?{urlencode(query)}", allow_redirects=False)


def answered(response: requests.Response) -> dict[str, str]:
    assert response.status_code == 302, response.text
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def consent(sim: Simulator, page: requests.Response, *tenants: str) -> dict[str, str]:
    """Send the form a person would send, with the boxes ticked that are asked for."""
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    fields = [(name, value.replace("&amp;", "&")) for name, value in hidden]
    fields += [("tenant", tenant) for tenant in tenants] + [("decision", "allow")]
    return answered(WEB.post(page.url, data=fields, allow_redirects=False))


def redeem(sim: Simulator, code: str, **changes: str) -> requests.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **changes}
    return WEB.post(f"{sim.url}/connect/token", data=form, auth=(NEW_APP.client_id, NEW_APP.client_secret))


def refresh(sim: Simulator, token: str) -> requests.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return WEB.post(f"{sim.url}/connect/token", data=form, auth=(NEW_APP.client_id, NEW_APP.client_secret))


def get(sim: Simulator, token: str, path: str, tenant: str | None = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", "xero-tenant-id": tenant or sim.tenant_id}
    return WEB.get(f"{sim.url}{path}", headers={**headers, "Accept": "application/json"})


@pytest.fixture
def tokens(sim: Simulator) -> dict[str, Any]:
    code = consent(sim, ask(sim), sim.tenant_id)["code"]
    found: dict[str, Any] = redeem(sim, code).json()
    return found


def test_a_person_consents_on_a_page_and_the_code_becomes_tokens(sim: Simulator) -> None:
    page = ask(sim)
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "Demo Trading Ltd" in page.text
    back = consent(sim, page, sim.tenant_id, sim.other_tenant_id)
    assert back["state"] == "st&1"
    answer = redeem(sim, back["code"]).json()
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 1800, SCOPES)
    assert {"refresh_token", "id_token"} <= answer.keys()
    rows = get(sim, answer["access_token"], "/connections").json()
    assert [row["tenantName"] for row in rows] == ["Demo Trading Ltd", "Other Trading Ltd"]
    assert len({row["authEventId"] for row in rows}) == 1
    assert get(sim, answer["access_token"], f"/Connections?authEventId={rows[0]['authEventId']}").json() == rows


def test_a_code_works_once_and_only_with_its_redirect_address(sim: Simulator) -> None:
    code = consent(sim, ask(sim), sim.tenant_id)["code"]
    assert redeem(sim, code, redirect_uri=BACK + "/").json()["error"] == "invalid_grant"
    assert redeem(sim, code).status_code == 200
    assert redeem(sim, code).json() == {"error": "invalid_grant"}


def test_without_offline_access_there_is_no_refresh_token(sim: Simulator) -> None:
    code = consent(sim, ask(sim, scope="accounting.contacts"), sim.tenant_id)["code"]
    assert "refresh_token" not in redeem(sim, code).json()


def test_a_public_app_needs_a_challenge_and_its_verifier(sim: Simulator) -> None:
    assert answered(ask(sim, client_id=PKCE_APP.client_id))["error"] == "invalid_request"
    verifier = "v" * 50
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {"client_id": PKCE_APP.client_id, "code_challenge": challenge, "code_challenge_method": "S256"}
    code = consent(sim, ask(sim, **asked), sim.tenant_id)["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": PKCE_APP.client_id,
    }
    address = f"{sim.url}/connect/token"
    assert WEB.post(address, data={**form, "code_verifier": "w" * 50}).json()["error"] == "invalid_grant"
    assert WEB.post(address, data={**form, "code_verifier": verifier}).status_code == 200


def test_a_new_app_may_not_ask_for_broad_scopes(sim: Simulator) -> None:
    assert answered(ask(sim, scope="accounting.transactions"))["error"] == "invalid_scope"
    assert answered(ask(sim, scope="accounting.reports.read"))["error"] == "invalid_scope"
    assert ask(sim, scope="accounting.reports.trialbalance.read").status_code == 200
    assert ask(sim, scope="accounting.transactions", client_id=OLD_APP.client_id).status_code == 200


def test_redirect_addresses_are_compared_exactly_and_loopback_is_a_switch(sim: Simulator) -> None:
    app = {"client_id": "A" * 32, "name": "Web", "client_secret": "s", "redirect_uris": ["https://hub.test/cb"]}
    WEB.post(f"{sim.url}/_sim/apps", json=app)
    assert ask(sim, client_id="A" * 32, redirect_uri="https://hub.test/cb").status_code == 200
    assert ask(sim, client_id="A" * 32, redirect_uri="https://hub.test/cb/").status_code == 400
    assert ask(sim).status_code == 200
    WEB.post(f"{sim.url}/_sim/switches", json={"any_loopback_redirect_uri": False})
    assert ask(sim).status_code == 400


def test_an_access_token_lives_half_an_hour(sim: Simulator, tokens: dict[str, Any]) -> None:
    path = "/api.xro/2.0/Organisation"
    assert get(sim, tokens["access_token"], path).status_code == 200
    WEB.post(f"{sim.url}/_sim/clock", json={"advance_seconds": 1801})
    late = get(sim, tokens["access_token"], path)
    assert late.status_code == 401
    assert late.json()["Detail"].startswith("TokenExpired: token expired at")
    fresh = refresh(sim, tokens["refresh_token"]).json()["access_token"]
    assert get(sim, fresh, path).status_code == 200


def test_a_refresh_token_rotates_and_the_old_one_has_half_an_hour_of_grace(
    sim: Simulator, tokens: dict[str, Any]
) -> None:
    first = refresh(sim, tokens["refresh_token"]).json()["refresh_token"]
    assert first != tokens["refresh_token"]
    second = refresh(sim, tokens["refresh_token"])
    assert second.status_code == 200
    assert refresh(sim, first).json() == {"error": "invalid_grant"}
    WEB.post(f"{sim.url}/_sim/clock", json={"advance_seconds": 1801})
    assert refresh(sim, tokens["refresh_token"]).status_code == 400
    assert refresh(sim, second.json()["refresh_token"]).status_code == 200


def test_an_unused_refresh_token_dies_after_sixty_days(sim: Simulator, tokens: dict[str, Any]) -> None:
    WEB.post(f"{sim.url}/_sim/clock", json={"advance_seconds": 61 * 86_400})
    reply = refresh(sim, tokens["refresh_token"])
    assert (reply.status_code, reply.json()) == (400, {"error": "invalid_grant"})


def test_a_wrong_secret_is_an_invalid_client(sim: Simulator, tokens: dict[str, Any]) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    reply = WEB.post(f"{sim.url}/connect/token", data=form, auth=(NEW_APP.client_id, "wrong"))
    assert reply.json()["error"] == "invalid_client"


def test_scopes_open_resources_and_read_scopes_only_reading(sim: Simulator, tokens: dict[str, Any]) -> None:
    token = tokens["access_token"]
    assert get(sim, token, "/api.xro/2.0/Accounts").status_code == 200
    headers = {"Authorization": f"Bearer {token}", "xero-tenant-id": sim.tenant_id}
    body = {"Code": "999", "Name": "X", "Type": "REVENUE"}
    refused = WEB.put(f"{sim.api_url}/Accounts", json=body, headers=headers)
    assert (refused.status_code, refused.json()["Detail"]) == (401, "AuthorizationUnsuccessful")
    assert get(sim, token, "/api.xro/2.0/Payments").json()["Detail"] == "AuthorizationUnsuccessful"


def test_an_organisation_not_connected_or_removed_is_forbidden(sim: Simulator, tokens: dict[str, Any]) -> None:
    token, path = tokens["access_token"], "/api.xro/2.0/Organisation"
    wrong = get(sim, token, path, sim.other_tenant_id)
    assert (wrong.status_code, wrong.json()["Detail"]) == (403, "AuthenticationUnsuccessful")
    WEB.post(f"{sim.url}/_sim/person/remove_tenant", json={})
    assert get(sim, token, path).status_code == 403
    assert get(sim, token, "/connections").json() == []


def test_a_connection_can_be_deleted_and_a_revocation_ends_them_all(sim: Simulator, tokens: dict[str, Any]) -> None:
    token = tokens["access_token"]
    (row,) = get(sim, token, "/connections").json()
    headers = {"Authorization": f"Bearer {token}"}
    assert WEB.delete(f"{sim.url}/connections/{row['id']}", headers=headers).status_code == 204
    assert WEB.delete(f"{sim.url}/connections/{row['id']}", headers=headers).status_code == 404
    again = redeem(sim, consent(sim, ask(sim), sim.tenant_id)["code"]).json()
    auth = (NEW_APP.client_id, NEW_APP.client_secret)
    form = {"token": again["refresh_token"]}
    assert WEB.post(f"{sim.url}/connect/revocation", data=form, auth=auth).status_code == 200
    assert get(sim, again["access_token"], "/connections").status_code == 401
    assert refresh(sim, again["refresh_token"]).status_code == 400
