"""What Core tells the hub about itself."""

from __future__ import annotations

import hub_cin7core
import pluggy
import pytest
from hub_cin7core.provider import Cin7Core, Cin7CoreSettings
from pydantic import ValidationError

from hub import REFERENCE_KINDS, Kind, Role, Window, hookspecs


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
    assert {kind for feed in feeds for kind in feed.kinds} == set(Kind) - {Kind.TRACKING}
    assert {feed.name for feed in feeds if feed.full and feed.kinds} == {
        "accounts",
        "tax_rules",
        "payment_terms",
        "bank_accounts",
    }
    assert all(feed.full == feed.kinds.issubset(REFERENCE_KINDS) for feed in feeds if feed.kinds)
