from __future__ import annotations

import base64
import os

import pytest

from hub.errors import SettingsError
from hub.vault import Vault

OLD = base64.urlsafe_b64encode(os.urandom(32)).decode()
NEW = base64.urlsafe_b64encode(os.urandom(32)).decode()


def test_a_sealed_mapping_comes_back_and_does_not_show_what_it_holds() -> None:
    sealed = Vault([NEW]).seal({"key": "hunter2", "n": 1})
    assert b"hunter2" not in sealed
    assert Vault([NEW]).open(sealed) == {"key": "hunter2", "n": 1}


def test_bytes_come_back_exactly() -> None:
    body = bytes(range(256))
    vault = Vault([NEW])
    assert vault.open_bytes(vault.seal(body)) == body


def test_a_secret_of_the_old_key_is_read_while_both_keys_are_there() -> None:
    assert Vault([NEW, OLD]).open(Vault([OLD]).seal({"a": 1})) == {"a": 1}


def test_after_rotation_the_old_key_is_not_needed_any_more() -> None:
    rotated = Vault([NEW, OLD]).rotate(Vault([OLD]).seal({"a": 1}))
    assert Vault([NEW]).open(rotated) == {"a": 1}
    with pytest.raises(SettingsError):
        Vault([OLD]).open(rotated)


def test_the_wrong_key_says_what_to_do() -> None:
    sealed = Vault([OLD]).seal(b"x")
    with pytest.raises(SettingsError, match="HUB_SECRET_KEYS"):
        Vault([NEW]).open_bytes(sealed)
    with pytest.raises(SettingsError, match="HUB_SECRET_KEYS"):
        Vault([NEW]).rotate(sealed)


def test_a_long_passphrase_is_a_key_too_and_always_the_same_one() -> None:
    phrase = "correct horse battery staple correct horse"
    assert Vault([phrase]).open_bytes(Vault([phrase]).seal(b"x")) == b"x"
    with pytest.raises(SettingsError):
        Vault([phrase + "!"]).open_bytes(Vault([phrase]).seal(b"x"))


@pytest.mark.parametrize("keys", [[], [""], ["secret"], [NEW, "short"]])
def test_no_key_or_a_short_one_is_refused(keys: list[str]) -> None:
    with pytest.raises(SettingsError, match="HUB_SECRET_KEYS"):
        Vault(keys)


def test_derived_keys_differ_by_purpose_and_follow_the_order_of_the_keys() -> None:
    both = Vault([NEW, OLD])
    assert both.derive("sessions") == Vault([NEW]).derive("sessions") + Vault([OLD]).derive("sessions")
    assert both.derive("sessions") != both.derive("links")
