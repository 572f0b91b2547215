"""What the hub is told by its environment: every setting is a variable that begins with ``HUB_``."""

from __future__ import annotations

import base64
import difflib
import os
import secrets
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from hub.errors import SettingsError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""The names under which a machine reaches itself."""

MAIL_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
"""How a mail server may be reached, and the usual port of each."""

STALE_MARGIN = 10
"""Seconds that a run may be silent beyond a call's timeouts: since its last sign of life, and storing the answer."""


class Settings(BaseSettings):
    """The hub's settings. Make one with :func:`load_settings`, which explains bad values in plain words."""

    model_config = SettingsConfigDict(env_prefix="HUB_", frozen=True, extra="ignore", env_ignore_empty=True)

    data: Path = Field(Path("hub-data"), description="Folder for the database file and the key file.")
    database_url: str = Field(
        "",
        description="sqlite:///path or postgresql://user:password@host/name. Empty: hub.db in HUB_DATA.",
    )
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="Keys that encrypt credentials, separated by commas; the first encrypts, all decrypt."
        " Empty: the file secret.key in the data folder, made on the first start.",
    )
    base_url: str = Field(
        "http://localhost:8080",
        pattern=r"^https?://[^/\s]+(/[^\s?#]*)?$",
        description="Where people's browsers reach the hub; signing in at a platform returns there.",
    )
    environment: str = Field(
        "",
        max_length=20,
        description="A word that every page shows, such as Test or Demo. Leave it empty for the real books.",
    )
    listen_host: str = Field("127.0.0.1", min_length=1, description="Address that the web server listens on.")
    listen_port: int = Field(
        8080, ge=0, le=65535, description="Port that the web server listens on; 0 picks a free one."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged.")
    log_format: Literal["text", "json"] = Field("text", description="text for people, json for log collectors.")
    connect_timeout: float = Field(
        10, gt=0, le=120, description="Seconds to wait for a platform to accept a connection."
    )
    read_timeout: float = Field(60, gt=0, le=600, description="Seconds to wait for a platform's answer to arrive.")
    patience: float = Field(
        90,
        ge=0,
        le=3600,
        description="Longest wait for a rate limit within a run, in seconds; a longer one parks the run.",
    )
    run_stale_seconds: float = Field(
        120,
        gt=0,
        validate_default=True,
        description="A run without a sign of life for this long is taken over. It must be longer than the timeouts.",
    )
    freshness_seconds: float = Field(
        900, ge=0, description="How old the ledger's lists may be before a run reads them again."
    )
    sync_minutes: int = Field(
        15, ge=1, description="How often a new connection is synchronised unless scheduled otherwise."
    )
    workers: int = Field(4, ge=1, le=64, description="How many connections are served at the same time by one process.")
    exchange_days: int = Field(30, ge=0, description="How long the log of what was said on the wire is kept, in days.")
    exchange_bytes: int = Field(
        16_384, ge=0, description="How much of each request and answer that log keeps, in bytes."
    )
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="The mail server: smtp://host:25, smtp+starttls://user:password@host:587 or"
        " smtps://user:password@host:465. Empty: the hub sends no e-mail.",
    )
    mail_from: str = Field(
        "",
        validate_default=True,
        description="Whom the hub's e-mails come from, such as Ledgerport <hub@example.com>; goes with HUB_SMTP_URL.",
    )

    @field_validator("secret_keys", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("base_url")
    @classmethod
    def _without_a_path(cls, value: str) -> str:
        if urlsplit(value).path.strip("/"):
            raise ValueError("it must not have a path: give the hub a host name or a port of its own")
        return value

    @field_validator("run_stale_seconds")
    @classmethod
    def _longer_than_a_call(cls, value: float, info: ValidationInfo) -> float:
        """A run gives no sign of life during one call; taken over meanwhile, what it sends would be sent twice."""
        timeouts = [info.data.get(name, 0) for name in ("connect_timeout", "read_timeout")]
        if value < sum(timeouts) + STALE_MARGIN:
            raise ValueError(
                f"it must be {STALE_MARGIN} seconds or more above HUB_CONNECT_TIMEOUT and HUB_READ_TIMEOUT together,"
                f" so at least {sum(timeouts) + STALE_MARGIN:g}"
            )
        return value

    @field_validator("smtp_url")
    @classmethod
    def _a_mail_server(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            _check_mail_server(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def _a_sender(cls, value: str, info: ValidationInfo) -> str:
        server = info.data.get("smtp_url")
        if (value or (server and server.get_secret_value())) and "@" not in parseaddr(value)[1].strip("@"):
            raise ValueError("an e-mail address is needed to send from, such as hub@example.com")
        return value

    @property
    def store_url(self) -> str:
        """The database's address, by default a file in the data folder."""
        return self.database_url or f"sqlite:///{self.data / 'hub.db'}"

    def keys(self) -> tuple[str, ...]:
        """The encryption keys, newest first; makes the key file on the first start."""
        if self.secret_keys:
            return tuple(key.get_secret_value() for key in self.secret_keys)
        return _keys_from_file(self.data / "secret.key")


def load_settings(**overrides: Any) -> Settings:
    """Read the environment; raises ``SettingsError`` naming each bad value and what is wrong with it."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(each) for each in error.errors())) from None


def misspelt(environment: Mapping[str, str]) -> Iterator[str]:
    """Each variable that looks like a setting and is none, as a sentence with the setting it is nearest to."""
    known = {f"HUB_{name.upper()}" for name in Settings.model_fields}
    for name in sorted({each.upper() for each in environment if each.upper().startswith("HUB_")} - known):
        near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.7)
        yield f"{name} is no setting and counts for nothing{f': is {near[0]} meant?' if near else '.'}"


def new_key() -> str:
    """A fresh random key."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _explain(error: Any) -> str:
    name = "HUB_" + "_".join(str(part) for part in error["loc"]).upper()
    field = Settings.model_fields.get(str(error["loc"][0]))
    given = "" if "SecretStr" in str(field) else f" It is {str(error['input'])!r} now."
    words = error["msg"].removeprefix("Value error, ")
    return f"{name} is not usable: {words[:1].lower()}{words[1:]}.{given}"


def _check_mail_server(address: str) -> None:
    """Raises ``ValueError``, whose words must not hold the password."""
    parts = urlsplit(address)
    if parts.scheme not in MAIL_PORTS or not parts.hostname or parts.path.strip("/"):
        raise ValueError("it should look like smtp+starttls://user:password@host:587, smtps://... or smtp://host:25")
    try:
        parts.port  # noqa: B018  (reading it checks it)
    except ValueError:
        raise ValueError("its port is not a number up to 65535") from None
    if parts.scheme == "smtp" and parts.password and parts.hostname not in LOOPBACK:
        raise ValueError("a password is only sent encrypted: begin it with smtp+starttls:// or smtps://")


def _keys_from_file(path: Path) -> tuple[str, ...]:
    if not path.exists():
        _make_key_file(path)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise SettingsError(f"Other users of this machine can read {path}. Run: chmod 600 '{path}'")
    try:
        keys = tuple(path.read_text().split())
    except OSError as error:
        raise SettingsError(f"The key file {path} can't be read: {error.strerror}.") from None
    if not keys:
        raise SettingsError(f"The key file {path} is empty. Restore it from your backup.")
    return keys


def _make_key_file(path: Path) -> None:
    """Written aside and linked into place, so that of two processes starting together one key wins, whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(new_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        finally:
            draft.unlink()
    except OSError as error:
        raise SettingsError(f"The key file {path} can't be made: {error.strerror}. Check HUB_DATA.") from None
