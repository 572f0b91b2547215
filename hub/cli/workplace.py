"""What a command works with: the settings, the plugins and the hub, each made when it is first needed."""

from __future__ import annotations

import getpass
import logging
import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import click

from hub.cli.logs import set_up_logging
from hub.engine import Hub
from hub.errors import SettingsError
from hub.plugins import Plugins, discover, load
from hub.scheduler.alerts import Alerts
from hub.settings import Settings, load_settings, misspelt
from hub.store import Store
from hub.vault import Vault

log = logging.getLogger("hub.settings")


class Workplace:
    """The object of every command's context; commands of plugins get it with ``@click.pass_obj`` too."""

    def __init__(self) -> None:
        self.debug = False

    @cached_property
    def settings(self) -> Settings:
        """The settings of the environment."""
        return load_settings()

    def override(self, values: Mapping[str, Any]) -> None:
        """Settings given on the command line, which go before the environment's."""
        self.settings = load_settings(**values)

    @cached_property
    def found(self) -> Plugins:
        """Every plugin, those included that can't be used."""
        return discover()

    @cached_property
    def plugins(self) -> Plugins:
        """Every plugin; raises ``SettingsError`` when one can't be used."""
        return load()

    @cached_property
    def store(self) -> Store:
        """The database as it is."""
        return Store(self.settings.store_url)

    @cached_property
    def vault(self) -> Vault:
        """The keys; made on the very first start."""
        return Vault(self.settings.keys())

    @cached_property
    def hub(self) -> Hub:
        """The hub, on a database that is brought up to date first."""
        observers = self.plugins.observers
        self.store.migrate()
        hub = Hub(self.store, self.vault, self.plugins.providers, self.settings, observers=observers)
        hub.observers.append(Alerts(hub))
        return hub

    @cached_property
    def patient(self) -> Hub:
        """The hub for the doctor: the database is left as it is, and what plugins can be used are."""
        return Hub(self.store, self.vault, self.found.providers, self.settings)

    @property
    def actor(self) -> str:
        """Who decides here, for the audit."""
        try:
            return f"{getpass.getuser()} (command line)"
        except (KeyError, OSError):  # a container's user may have no name
            return f"user {os.getuid()} (command line)"

    def set_up_logging(self) -> None:
        """Log as the settings say, misspelt ones first; wrong ones are told when a command needs them."""
        try:
            level, form = self.settings.log_level, self.settings.log_format
        except SettingsError:
            level, form = "info", "text"
        set_up_logging("debug" if self.debug else level, form)
        for sentence in misspelt(os.environ):
            log.warning(sentence)

    def close(self) -> None:
        """Close the database if it was opened."""
        if "store" in self.__dict__:
            self.store.dispose()


pass_workplace = click.make_pass_decorator(Workplace)
