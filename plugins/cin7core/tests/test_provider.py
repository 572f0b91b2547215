"""What Core tells the hub about itself."""

from __future__ import annotations

import hub_cin7core
import pluggy
import pytest
from hub_cin7core.provider import Cin7Core, Cin7CoreSettings
from pydantic import ValidationError

from hub import REFERENCE_KINDS, Kind, Role, SettingsError, Window, hookspecs
from hub.engine.connections import parse_settings


def settings(**values: object) -> Cin7CoreSettings:
    return Cin7CoreSettings.model_validate({"account_id": "a", "application_key": "k", **values})


def test_the_plugin_registers_one_stock_provider_that_writes_nothing() -> None:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(hub_cin7core)
    manager.check_pending()
    ((provider,),) = manager.hook.register_providers()
    assert (provider.name, provider.title, provider.role) == ("cin7core", "Cin7 Core", Role.STOCK)
    assert provider.writes == {}


def test_every_setting_is_explained_and_the_rare_ones_are_marked() -> None:
    for field in Cin7CoreSettings.model_fields.values():
        assert field.title
        assert field.description
    fields = Cin7CoreSettings.model_json_schema()["properties"]
    rare = {name for name, field in fields.items() if field.get("advanced")}
    assert rare == {"base_url", "calls_per_minute", "parallel"}


def test_the_key_does_not_show() -> None:
    assert "topsecret" not in repr(settings(application_key="topsecret"))


ACCOUNT = "0b6e5c1a-2f43-4c8d-9a57-6d1e8f20c734"


@pytest.mark.parametrize(
    "typed", [ACCOUNT.upper(), f" {{{ACCOUNT}}}\n", ACCOUNT.replace("-", ""), ACCOUNT.replace("-", " - ").title()]
)
def test_one_account_has_one_spelling_however_it_is_typed(typed: str) -> None:
    assert settings(account_id=typed).account_id == ACCOUNT


@pytest.mark.parametrize("name", ["account_id", "application_key"])
@pytest.mark.parametrize("typed", ["SECRET\u2013KEY", "SECRET\x00KEY"])
def test_a_credential_that_can_not_be_sent_is_named_and_not_shown(name: str, typed: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}: .*copy it again") as raised:
        parse_settings(Cin7Core(), {"account_id": "a", "application_key": "k", name: typed})
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize("address", ["http://inventory.dearsystems.com/ExternalApi/v2", "inventory", "ftp://x"])
def test_the_key_travels_encrypted_or_not_off_this_machine(address: str) -> None:
    with pytest.raises(ValidationError, match="https://"):
        settings(base_url=address)
    assert settings(base_url="http://127.0.0.1:1/v2/").base_url == "http://127.0.0.1:1/v2"


@pytest.mark.parametrize("values", [{"account_id": " "}, {"application_key": "\n"}, {"calls_per_minute": 61}])
def test_missing_or_impossible_settings_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**values)


def test_the_share_of_the_limit_is_what_the_settings_name() -> None:
    limits = Cin7Core().limits(settings(calls_per_minute=40, parallel=2))
    assert (limits.windows, limits.concurrent) == ((Window(40, 60.0),), 2)


def test_the_feeds_cover_every_kind_core_brings_and_reference_lists_are_full() -> None:
    feeds = Cin7Core.feeds
    assert {kind for feed in feeds for kind in feed.kinds} == set(Kind) - {Kind.TRACKING, Kind.PAYMENT_METHOD}
    assert {feed.name for feed in feeds if feed.full and feed.kinds} == {
        "accounts",
        "tax_rules",
        "payment_terms",
        "bank_accounts",
    }
    assert all(feed.full == feed.kinds.issubset(REFERENCE_KINDS) for feed in feeds if feed.kinds)
