from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest

from hub.errors import SettingsError
from hub.settings import Settings, load_settings
from hub.vault import Vault


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_without_any_setting_everything_is_kept_in_one_folder() -> None:
    settings = load_settings()
    assert settings.store_url == f"sqlite:///{Path('hub-data') / 'hub.db'}"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_LISTEN_PORT", "9000")
    monkeypatch.setenv("HUB_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("HUB_DATABASE_URL", "")
    monkeypatch.setenv("HUB_DATA", "/var/lib/hub")
    settings = load_settings()
    assert (settings.listen_port, settings.log_level) == (9000, "debug")
    assert settings.store_url == "sqlite:////var/lib/hub/hub.db"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_LISTEN_PORT", "many"),
        ("HUB_LISTEN_PORT", "70000"),
        ("HUB_BASE_URL", "hub.example.com"),
        ("HUB_BASE_URL", "https://example.com/ledgerport"),
        ("HUB_PATIENCE", "-1"),
        ("HUB_LOG_LEVEL", "loud"),
    ],
)
def test_a_bad_value_is_named_with_what_was_given(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert str(raised.value).startswith(f"{name} is not usable: ")
    assert value in str(raised.value)


@pytest.mark.parametrize(
    "values",
    [
        {"HUB_RUN_STALE_SECONDS": "5", "HUB_READ_TIMEOUT": "600"},
        {"HUB_READ_TIMEOUT": "600"},
        {"HUB_CONNECT_TIMEOUT": "60"},
        {"HUB_RUN_STALE_SECONDS": "79"},
    ],
)
def test_a_run_that_waits_for_an_answer_can_not_be_taken_for_dead(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str]
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=r"HUB_RUN_STALE_SECONDS is not usable: .* HUB_READ_TIMEOUT together"):
        load_settings()


def test_small_timeouts_let_a_dead_run_be_taken_over_sooner() -> None:
    assert load_settings(connect_timeout=1, read_timeout=3, run_stale_seconds=14).run_stale_seconds == 14


def test_every_bad_value_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_LISTEN_PORT", "many")
    monkeypatch.setenv("HUB_WORKERS", "none")
    with pytest.raises(SettingsError, match=r"(?s)HUB_LISTEN_PORT.*HUB_WORKERS"):
        load_settings()


def test_keys_given_in_the_environment_are_used_in_order_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HUB_DATA", str(tmp_path / "unused"))
    monkeypatch.setenv("HUB_SECRET_KEYS", "first-secret, second-secret")
    settings = load_settings()
    assert settings.keys() == ("first-secret", "second-secret")
    assert "first-secret" not in repr(settings)
    assert not (tmp_path / "unused").exists()


def test_the_first_start_makes_a_key_file_that_only_its_owner_can_read(tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path / "new" / "folder")
    (key,) = settings.keys()
    path = tmp_path / "new" / "folder" / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert load_settings(data=path.parent).keys() == (key,)
    assert Vault([key]).open_bytes(Vault([key]).seal(b"x")) == b"x"


def test_a_key_file_that_others_can_read_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path)
    settings.keys()
    path = tmp_path / "secret.key"
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600") as raised:
        settings.keys()
    assert str(path) in str(raised.value)


def test_an_empty_key_file_is_not_taken_for_a_key(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.touch(mode=0o600)
    with pytest.raises(SettingsError, match="empty"):
        load_settings(data=tmp_path).keys()


def test_a_data_folder_that_can_not_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match="HUB_DATA"):
        load_settings(data=tmp_path / "file" / "data").keys()


def _first_start(folder: str) -> tuple[str, ...]:
    return load_settings(data=Path(folder)).keys()


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    with context.Pool(4) as pool:
        keys = pool.map(_first_start, [str(tmp_path)] * 8, chunksize=1)
    assert len(set(keys)) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "secret.key"]
