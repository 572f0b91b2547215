"""Adding accounts to the chart, and what a consent permits, over HTTP against the simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.fernet import Fernet
from hub_xero.chart import ACCOUNT_TYPES
from hub_xero.permissions import scopes_of
from hub_xero.provider import XeroProvider
from hub_xero.session import XeroSession
from hub_xero.settings import XeroSettings
from migrated import migrated
from pydantic import SecretStr

from hub import Account, AccountClass, Connection, Consent, Limits, RejectedError, UnauthorizedError, UnsureError
from hub.http import Door
from hub.models import ConsentRow
from hub.store import Store
from hub.vault import Vault

sim_xero = pytest.importorskip("sim_xero")

CLIENT = ("5EEDED0000000000000000000A99A001", "sim-xero-secret-of-the-new-app")
FREIGHT = Account(
    external_id="4006", code="4006", name="Freight in", type="DIRECTCOSTS", account_class=AccountClass.EXPENSE
)
Open = Callable[..., XeroSession]


@pytest.fixture
def sim() -> Iterator[Any]:
    with sim_xero.Simulator(limits=False) as simulator:
        yield simulator


@pytest.fixture
def open_session(sim: Any, tmp_path: Path) -> Iterator[Open]:
    store, vault = migrated(tmp_path / "hub.db"), Vault([Fernet.generate_key().decode()])
    settings = XeroSettings(
        client_id=CLIENT[0], client_secret=SecretStr(CLIENT[1]), api_url=sim.url, token_url=f"{sim.url}/connect/token"
    )

    def opened(scopes: str = "") -> XeroSession:
        provider = XeroProvider()
        consent = Consent(store, vault, provider, settings, consented(sim, store, vault, scopes))
        door = Door(store, connection_id=1, name="Xero", limits=Limits())
        return cast(XeroSession, provider.open(Connection(1, sim.tenant_id, "Test", settings, consent), door))

    yield opened
    store.dispose()


def consented(sim: Any, store: Store, vault: Vault, scopes: str) -> int:
    tokens, present = sim.connect(scopes, CLIENT[0], sim.tenant_id), datetime.now(UTC)
    secrets = vault.seal({"access_token": tokens["access_token"], "refresh_token": tokens.get("refresh_token", "")})
    with store.session() as db:
        row = ConsentRow(
            provider="xero", secrets=secrets, expires_at=present + timedelta(minutes=30), refreshed_at=present
        )
        db.add(row)
        db.flush()
        return cast(int, row.id)


def in_xero(sim: Any, code: str) -> list[Any]:
    return [account for account in sim.books.accounts if account.code == code]


def test_an_account_is_added_with_its_type_and_found_by_its_code(sim: Any, open_session: Open) -> None:
    session = open_session()
    assert session.find_account("4006") is None
    made = session.create_account(FREIGHT)
    assert (made.code, made.name, made.type) == ("4006", "Freight in", "DIRECTCOSTS")
    assert (made.takes_documents, made.takes_payments) == (True, False)
    assert session.find_account("4006") == made
    assert [account.type for account in in_xero(sim, "4006")] == ["DIRECTCOSTS"]


def test_every_sort_that_is_offered_is_one_that_xero_takes(sim: Any, open_session: Open) -> None:
    session = open_session()
    for number, sort in enumerate(ACCOUNT_TYPES):
        wanted = FREIGHT.model_copy(update={"code": f"9{number:03}", "name": f"New: {sort.title}", "type": sort.code})
        assert session.create_account(wanted).account_class is sort.account_class


def test_a_payment_account_takes_payments(open_session: Open) -> None:
    wanted = FREIGHT.model_copy(update={"code": "1250", "name": "Card clearing", "takes_payments": True})
    assert open_session().create_account(wanted).takes_payments is True


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"code": "200"}, "unique Code"),
        ({"name": "Sales"}, "unique Name"),
        ({"code": "12345678901"}, "at most 10 characters"),
        ({"name": "x" * 151}, "at most 150 characters"),
        ({"type": "NONSENSE"}, "type is not valid"),
    ],
)
def test_what_xero_refuses_is_told_in_its_words(
    sim: Any, open_session: Open, changes: dict[str, str], why: str
) -> None:
    before = len(list(sim.books.accounts))
    with pytest.raises(RejectedError, match=why):
        open_session().create_account(FREIGHT.model_copy(update=changes))
    assert len(list(sim.books.accounts)) == before


@pytest.mark.parametrize("fault", ["lost_answer", "500_after_commit", "truncated_json"])
def test_an_answer_that_is_lost_leaves_it_open_and_the_account_is_found(
    sim: Any, open_session: Open, fault: str
) -> None:
    sim.caller().post("/_sim/faults", {"kind": fault, "method": "PUT"})
    session = open_session()
    with pytest.raises(UnsureError):
        session.create_account(FREIGHT)
    found = session.find_account("4006")
    assert found is not None
    assert found.name == "Freight in"


def test_an_archived_account_is_found_too(sim: Any, open_session: Open) -> None:
    session = open_session()
    made = session.create_account(FREIGHT)
    sim.caller().post(f"/Accounts/{made.external_id}", {"Status": "ARCHIVED"})
    found = session.find_account("4006")
    assert found is not None
    assert found.active is False


def test_a_full_consent_misses_nothing_and_a_narrow_one_says_what(open_session: Open) -> None:
    assert open_session().missing_permissions() == ()
    narrow = open_session("offline_access accounting.settings accounting.contacts accounting.payments")
    assert narrow.missing_permissions() == (
        "write invoices, bills and credit notes",
        "write manual journals",
        "read bank transactions",
        "read the trial balance",
    )


def test_a_comparison_without_its_permission_is_told_as_that(open_session: Open) -> None:
    narrow = open_session("offline_access accounting.settings accounting.contacts accounting.payments")
    with pytest.raises(UnauthorizedError) as told:
        narrow.balances(date(2026, 3, 31))

    assert told.value.problem.code == "scope_missing"


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.bm90IGpzb24.c", "a.W10.c", ""])
def test_a_token_that_does_not_say_what_it_permits_is_believed(token: str) -> None:
    assert scopes_of(token) == frozenset()
