from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from patience import PATIENCE
from pydantic import BaseModel, SecretStr

from hub.errors import SettingsError, UnauthorizedError, UnreachableError
from hub.http import Door
from hub.models import ConnectionRow, ConsentRow, Exchange, Lease, OAuthRequest, now, table
from hub.oauth import Consent, begin, finish
from hub.providers import Provider, Role
from hub.store import Store
from hub.vault import Vault

REDIRECT = "http://localhost:8080/connections/returned"
CONSENTS = table(ConsentRow)


class BooksSettings(BaseModel):
    address: str
    client_id: str = "our-id"
    client_secret: SecretStr = SecretStr("our-secret")


class BooksOAuth:
    def authorize_url(self, settings: BooksSettings) -> str:
        return f"{settings.address}/authorize"

    def token_url(self, settings: BooksSettings) -> str:
        return f"{settings.address}/token"

    def scopes(self, settings: BooksSettings) -> tuple[str, ...]:
        return ("offline", "books")

    def client(self, settings: BooksSettings) -> tuple[str, str]:
        return settings.client_id, settings.client_secret.get_secret_value()

    def accounts(self, settings: BooksSettings, http: Door, access_token: str) -> Mapping[str, str]:
        bound = http.bind(base_url=settings.address, headers={"Authorization": f"Bearer {access_token}"})
        told: dict[str, str] = bound.call("GET", "/accounts").json()
        return told


class Books(Provider):
    name = "books"
    title = "Books Online"
    role = Role.LEDGER
    settings = BooksSettings
    oauth = BooksOAuth()


class Vendor:
    """A strict authorization server: codes and refresh tokens are good for one use."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.code = "the-code"
        self.challenge = ""
        self.refresh_token = ""
        self.issued = 0
        self.lose_next = False
        self.grace = ""
        self.delay = 0.0
        self.accounts = {"org-1": "Acme Ltd", "org-2": "Branch"}
        self.lock = threading.Lock()

    def __call__(self, seen: Any) -> Any:
        with self.lock:
            return self.told(self.accounts) if seen.path == "/accounts" else self.grant(seen.form)

    def grant(self, form: dict[str, str]) -> Any:
        if form["grant_type"] == "authorization_code":
            proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
            good = form["code"] == self.code and proof.decode().rstrip("=") == self.challenge
            self.code = ""
        else:
            good = form["refresh_token"] in (self.refresh_token, self.grace or None)
        if not good:
            return self.told({"error": "invalid_grant", "error_description": "used or unknown"}, status=400)
        self.issued += 1
        self.grace, self.refresh_token = "", f"refresh-{self.issued}"
        if self.lose_next:
            self.lose_next, self.grace = False, form["refresh_token"]
            return self.reply(drop=True)
        return self.told(
            {
                "access_token": f"access-{self.issued}",
                "refresh_token": self.refresh_token,
                "expires_in": 1800,
                "token_type": "Bearer",
            }
        )

    def told(self, what: Any, status: int = 200) -> Any:
        return self.reply(status=status, body=json.dumps(what).encode(), delay=self.delay)


@pytest.fixture
def vendor(platform: Any, reply: Any) -> Vendor:
    vendor = Vendor(reply)
    platform.respond = vendor
    return vendor


@pytest.fixture
def settings(platform: Any) -> BooksSettings:
    return BooksSettings(address=platform.url)


@pytest.fixture
def begun(store: Store, vault: Vault, vendor: Vendor, settings: BooksSettings) -> Callable[..., str]:
    """Starts a sign-in, and has the vendor ask the person; returns the state."""

    def start(connection_id: int | None = None, **options: Any) -> str:
        url = begin(store, vault, Books(), settings, REDIRECT, connection_id, **options)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        vendor.challenge, vendor.code = asked["code_challenge"], "the-code"
        return asked["state"]

    return start


@pytest.fixture
def consent_id(store: Store, vault: Vault, begun: Callable[..., str]) -> int:
    return finish(store, vault, Books(), begun(), "the-code").consent_id


@pytest.fixture
def consent(store: Store, vault: Vault, settings: BooksSettings, consent_id: int) -> Consent:
    return Consent(store, vault, Books(), settings, consent_id)


def stored(store: Store) -> Any:
    with store.read() as db:
        return db.execute(sa.select(CONSENTS)).one()


def let_expire(store: Store) -> None:
    with store.write() as db:
        db.execute(sa.update(CONSENTS).values(expires_at=now() + timedelta(seconds=30)))


def refreshes(platform: Any) -> list[str]:
    forms = [seen.form for seen in platform.seen if seen.path == "/token"]
    return [form["refresh_token"] for form in forms if form["grant_type"] == "refresh_token"]


# -- asking a person ---------------------------------------------------------------------------------------------


def test_the_person_is_sent_to_the_vendor_with_state_and_challenge(
    store: Store, vault: Vault, settings: BooksSettings
) -> None:
    url = urlsplit(begin(store, vault, Books(), settings, REDIRECT))
    asked = parse_qs(url.query)
    assert url.path == "/authorize"
    assert asked["response_type"] == ["code"]
    assert asked["client_id"] == ["our-id"]
    assert asked["redirect_uri"] == [REDIRECT]
    assert asked["scope"] == ["offline books"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 32
    assert "our-secret" not in url.query


def test_the_code_becomes_a_consent_with_the_accounts_it_reaches(
    store: Store, vault: Vault, begun: Callable[..., str], platform: Any, settings: BooksSettings
) -> None:
    grant = finish(store, vault, Books(), begun(), "the-code")
    assert grant.accounts == {"org-1": "Acme Ltd", "org-2": "Branch"}
    assert grant.settings == settings
    asked = platform.seen[0]
    assert asked.form["redirect_uri"] == REDIRECT
    pair = base64.b64encode(b"our-id:our-secret").decode()
    assert asked.headers["Authorization"] == f"Basic {pair}"
    row = stored(store)
    assert row.id == grant.consent_id
    assert b"access-1" not in row.secrets
    assert vault.open(row.secrets)["refresh_token"] == "refresh-1"


def test_a_client_without_a_secret_names_itself_in_the_form(
    store: Store, vault: Vault, vendor: Vendor, platform: Any
) -> None:
    settings = BooksSettings(address=platform.url, client_secret=SecretStr(""))
    asked = parse_qs(urlsplit(begin(store, vault, Books(), settings, REDIRECT)).query)
    vendor.challenge = asked["code_challenge"][0]
    finish(store, vault, Books(), asked["state"][0], "the-code")
    assert platform.seen[0].form["client_id"] == "our-id"
    assert "Authorization" not in platform.seen[0].headers


def test_a_state_is_good_for_one_use(store: Store, vault: Vault, begun: Callable[..., str], platform: Any) -> None:
    state = begun()
    finish(store, vault, Books(), state, "the-code")
    asked = len(platform.seen)
    with pytest.raises(SettingsError, match="start again"):
        finish(store, vault, Books(), state, "the-code")
    assert len(platform.seen) == asked


def test_an_unknown_state_is_refused(store: Store, vault: Vault, vendor: Vendor, platform: Any) -> None:
    with pytest.raises(SettingsError):
        finish(store, vault, Books(), "guessed", "the-code")
    assert platform.seen == []


def test_a_state_expires(store: Store, vault: Vault, begun: Callable[..., str], platform: Any) -> None:
    state = begun()
    with store.write() as db:
        db.execute(sa.update(table(OAuthRequest)).values(created_at=now() - timedelta(minutes=16)))
    with pytest.raises(SettingsError, match="expired"):
        finish(store, vault, Books(), state, "the-code")
    assert platform.seen == []


def test_a_sign_in_can_not_be_finished_in_another_browser(
    store: Store, vault: Vault, begun: Callable[..., str], platform: Any
) -> None:
    state = begun(bound_to="session-a")
    with pytest.raises(SettingsError, match="another browser"):
        finish(store, vault, Books(), state, "the-code", bound_to="session-b")
    assert platform.seen == []


def test_a_wrong_code_leaves_no_consent(store: Store, vault: Vault, begun: Callable[..., str]) -> None:
    with pytest.raises(UnreachableError, match="start again"):
        finish(store, vault, Books(), begun(), "another-code")
    with store.read() as db:
        assert db.execute(sa.select(CONSENTS)).all() == []


def test_a_refused_client_says_what_to_check(
    store: Store, vault: Vault, begun: Callable[..., str], platform: Any, vendor: Vendor
) -> None:
    state = begun()
    platform.respond = lambda seen: vendor.told({"error": "invalid_client"}, status=401)
    with pytest.raises(SettingsError, match="client id or secret"):
        finish(store, vault, Books(), state, "the-code")


# -- reconnecting ------------------------------------------------------------------------------------------------


@pytest.fixture
def connection_id(store: Store, consent_id: int) -> int:
    with store.session() as session:
        row = ConnectionRow(provider="books", account_id="org-1", name="Acme", secrets=b"", consent_id=consent_id)
        session.add(row)
    assert row.id is not None
    return row.id


def test_reconnecting_heals_the_consent_that_connections_share(
    store: Store, vault: Vault, begun: Callable[..., str], connection_id: int, consent: Consent
) -> None:
    with store.write() as db:
        db.execute(sa.update(CONSENTS).values(broken="revoked"))
    with pytest.raises(UnauthorizedError, match="Reconnect"):
        consent.access_token()
    grant = finish(store, vault, Books(), begun(connection_id), "the-code")
    assert (grant.consent_id, grant.connection_id) == (consent.id, connection_id)
    assert consent.access_token() == "access-2"


def test_reconnecting_to_another_organisation_changes_nothing(
    store: Store, vault: Vault, begun: Callable[..., str], connection_id: int, vendor: Vendor
) -> None:
    before = stored(store)
    vendor.accounts = {"org-9": "Somebody else"}
    with pytest.raises(SettingsError, match="Somebody else"):
        finish(store, vault, Books(), begun(connection_id), "the-code")
    assert stored(store) == before


# -- keeping tokens good -----------------------------------------------------------------------------------------


def test_a_fresh_token_is_used_as_it_is(consent: Consent, platform: Any) -> None:
    assert consent.access_token() == "access-1"
    assert refreshes(platform) == []


def test_a_token_about_to_expire_is_renewed_and_stored_before_it_is_used(
    store: Store, vault: Vault, consent: Consent, platform: Any
) -> None:
    let_expire(store)
    assert consent.access_token() == "access-2"
    assert refreshes(platform) == ["refresh-1"]
    row = stored(store)
    assert vault.open(row.secrets) == {"access_token": "access-2", "refresh_token": "refresh-2"}
    assert row.version == 2
    with store.read() as db:
        assert db.execute(sa.select(table(Lease))).all() == []


def test_a_rejected_token_is_renewed_once(consent: Consent, platform: Any) -> None:
    assert consent.access_token(rejected="access-1") == "access-2"
    assert consent.access_token(rejected="access-1") == "access-2"
    assert refreshes(platform) == ["refresh-1"]


def test_a_token_that_another_process_renewed_is_read_and_not_renewed_again(
    store: Store, vault: Vault, settings: BooksSettings, consent: Consent, platform: Any
) -> None:
    other = Consent(store, vault, Books(), settings, consent.id)
    assert other.access_token() == "access-1"
    assert consent.access_token(rejected="access-1") == "access-2"
    assert other.access_token(rejected="access-1") == "access-2"
    assert refreshes(platform) == ["refresh-1"]


def test_threads_with_an_expired_token_refresh_it_once(
    store: Store, vault: Vault, settings: BooksSettings, consent_id: int, platform: Any
) -> None:
    let_expire(store)
    tokens: list[str] = []

    def ask() -> None:
        tokens.append(Consent(store, vault, Books(), settings, consent_id).access_token())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tokens == ["access-2"] * 8
    assert refreshes(platform) == ["refresh-1"]


def test_a_lost_answer_is_asked_for_again_with_the_old_token(
    store: Store, consent: Consent, vendor: Vendor, platform: Any
) -> None:
    let_expire(store)
    vendor.lose_next = True
    assert consent.access_token() == "access-3"
    assert refreshes(platform) == ["refresh-1", "refresh-1"]


def test_while_the_vendor_is_away_the_consent_stays_good(
    store: Store, consent: Consent, vendor: Vendor, platform: Any, reply: Any
) -> None:
    let_expire(store)
    platform.respond = lambda seen: reply(status=503, body=b"<html>", headers={"Content-Type": "text/html"})
    with pytest.raises(UnreachableError):
        consent.access_token()
    platform.respond = vendor
    assert consent.access_token() == "access-2"


def test_a_revoked_consent_is_marked_and_not_tried_again(
    store: Store, consent: Consent, vendor: Vendor, platform: Any
) -> None:
    let_expire(store)
    vendor.refresh_token = "revoked"
    for _ in range(3):
        with pytest.raises(UnauthorizedError, match="Reconnect"):
            consent.access_token()
    assert len(refreshes(platform)) == 1
    assert stored(store).broken == "used or unknown"


def test_a_wrong_client_secret_does_not_end_the_consent(
    store: Store, consent: Consent, vendor: Vendor, platform: Any
) -> None:
    let_expire(store)
    platform.respond = lambda seen: vendor.told({"error": "invalid_client"}, status=401)
    with pytest.raises(SettingsError):
        consent.access_token()
    platform.respond = vendor
    assert consent.access_token() == "access-2"


def test_without_a_refresh_token_an_expired_consent_is_over(
    store: Store, vault: Vault, consent: Consent, platform: Any
) -> None:
    let_expire(store)
    with store.write() as db:
        sealed = vault.seal({"access_token": "access-1", "refresh_token": ""})
        db.execute(sa.update(CONSENTS).values(secrets=sealed))
    with pytest.raises(UnauthorizedError, match="no refresh token"):
        consent.access_token()
    assert refreshes(platform) == []


def test_the_lease_of_a_killed_process_expires(store: Store, consent: Consent) -> None:
    let_expire(store)
    with store.write() as db:
        gone = {"name": f"consent:{consent.id}", "owner": "killed", "until": store.time(db) + 0.3}
        store.insert(db, Lease, [gone])
    assert consent.access_token() == "access-2"


def test_no_token_reaches_the_exchange_log(store: Store, vault: Vault, consent: Consent) -> None:
    let_expire(store)
    consent.access_token()
    with store.read() as db:
        rows = db.execute(sa.select(table(Exchange))).all()
    everything = "\n".join(f"{row.url}\n{row.request}\n{row.response}" for row in rows)
    assert [row.url.rsplit("/", 1)[1] for row in rows] == ["token", "accounts", "token"]
    for secret in ("access-", "refresh-", "the-code", "our-secret", base64.b64encode(b"our-id:our-secret").decode()):
        assert secret not in everything
    assert "grant_type=refresh_token" in everything


ASKER = """
import sys
from types import SimpleNamespace
from hub.oauth import Consent
from hub.providers import Provider
from hub.store import Store
from hub.vault import Vault

database, key, address, consent_id = sys.argv[1:]


class Books(Provider):
    name = "books"
    title = "Books Online"
    oauth = SimpleNamespace(token_url=lambda settings: f"{address}/token", client=lambda settings: ("our-id", "s"))


print("ready", flush=True)
sys.stdin.readline()
print(Consent(Store(database), Vault([key]), Books(), None, int(consent_id)).access_token())
"""


def test_two_processes_with_an_expired_token_refresh_it_once(
    database_url: str, store: Store, settings: BooksSettings, vendor: Vendor, platform: Any
) -> None:
    key = base64.urlsafe_b64encode(b"k" * 32).decode()
    vault = Vault([key])
    asked = parse_qs(urlsplit(begin(store, vault, Books(), settings, REDIRECT)).query)
    vendor.challenge = asked["code_challenge"][0]
    consent_id = finish(store, vault, Books(), asked["state"][0], "the-code").consent_id
    let_expire(store)
    vendor.delay = 0.3
    command = [sys.executable, "-c", ASKER, database_url, key, platform.url, str(consent_id)]
    askers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for asker in askers:  # both are ready before either is let go
        assert asker.stdout is not None
        assert asker.stdout.readline() == "ready\n"
    for asker in askers:
        assert asker.stdin is not None
        asker.stdin.write("go\n")
        asker.stdin.flush()
    outcomes = [asker.communicate(timeout=PATIENCE) for asker in askers]
    assert [outcome for outcome, _ in outcomes] == ["access-2\n"] * 2, outcomes
    assert refreshes(platform) == ["refresh-1"]
