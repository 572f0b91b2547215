"""Plugins: found by their entry points in group ``hub``, checked before anything starts, called through typed methods.

Nothing happens when this module is imported and there is no global manager: :func:`load` answers with what a process
uses, :func:`discover` with the same and, for every plugin that can't be used, the reason.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click
import pluggy
from pydantic import BaseModel

from hub import hookspecs
from hub.documents import Kind
from hub.errors import SettingsError
from hub.hookspecs import Job
from hub.providers import Action, BatchRule, Feed, Provider, Role

if TYPE_CHECKING:
    from flask import Blueprint

    from hub.engine import Hub, RunReport

log = logging.getLogger("hub.plugins")

GROUP = hookspecs.PROJECT

NAME = re.compile(r"[a-z][a-z0-9_]*")
"""What a provider's name looks like: it becomes part of addresses, table names and settings."""

LEFT_FOR_A_PERSON = frozenset({"held", "failed", "asked", "caught", "unreadable"})
"""The counts of a run that mean work for a person."""

Observer = Callable[["RunReport"], None]


@dataclass(frozen=True)
class PluginInfo:
    """One installed plugin. ``problem`` says in plain words why it can't be used and what to do, if so."""

    name: str
    distribution: str
    version: str
    providers: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class _Loaded:
    info: PluginInfo
    plugin: object


class Plugins:
    """The plugins of one process, each hook behind a typed method."""

    def __init__(self, points: Iterable[EntryPoint]) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._providers: dict[str, Provider] = {}
        self._commands: dict[str, click.Command] = {}
        self._loaded: list[_Loaded] = []
        self._broken: list[PluginInfo] = []
        for point in sorted(points, key=lambda point: point.name):
            self._take(point)

    @property
    def providers(self) -> Mapping[str, Provider]:
        """Every provider by name."""
        return MappingProxyType(self._providers)

    @property
    def installed(self) -> Sequence[PluginInfo]:
        """Every plugin found, usable or not, by name."""
        return sorted([*(each.info for each in self._loaded), *self._broken], key=lambda info: info.name)

    def commands(self) -> Sequence[click.Command]:
        """The commands that plugins add under ``hub``."""
        return list(self._commands.values())

    def blueprints(self, hub: Hub) -> Sequence[Blueprint]:
        """The pages that plugins add, made anew for each application."""
        return [page for each in self._loaded for page in self._answers(each, "register_blueprints", hub=hub)]

    def jobs(self, hub: Hub) -> Sequence[Job]:
        """The jobs that plugins want done, named ``plugin: job`` so that no two are alike."""
        return [
            replace(job, name=f"{each.info.name}: {job.name}")
            for each in self._loaded
            for job in self._answers(each, "register_jobs", hub=hub)
        ]

    @property
    def observers(self) -> Sequence[Observer]:
        """One observer per plugin and hook, for :class:`hub.engine.Hub`; none ever raises."""
        return [
            observer
            for each in self._loaded
            for observer in (self._observer(each, "run_finished"), self._observer(each, "attention_needed"))
            if observer is not None
        ]

    def _observer(self, each: _Loaded, hook: str) -> Observer | None:
        if not self._implements(each.plugin, hook):
            return None

        def observe(report: RunReport) -> None:
            if hook == "attention_needed" and not needs_attention(report):
                return
            try:
                self._call(each.plugin, hook, report=report)
            except Exception:
                log.exception("plugin %s failed in %s; the others are told all the same", each.info.name, hook)

        return observe

    def _take(self, point: EntryPoint) -> None:
        info = _info(point)
        try:
            plugin = _import(point)
            self._register(plugin, point.name)
            providers = self._checked_providers(plugin, info)
            commands = self._checked_commands(plugin)
        except SettingsError as error:
            if self._manager.has_plugin(point.name):
                self._manager.unregister(name=point.name)
            self._broken.append(replace(info, problem=_advice(info, str(error))))
            return
        self._providers.update(providers)
        self._commands.update(commands)
        self._loaded.append(_Loaded(replace(info, providers=tuple(providers)), plugin))

    def _register(self, plugin: object, name: str) -> None:
        try:
            self._manager.register(plugin, name=name)
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise SettingsError(_hook_fault(str(error))) from None
        except ValueError:
            raise SettingsError("It is registered twice; an entry point of the same name is there already.") from None
        if not self._manager.get_hookcallers(plugin):
            raise SettingsError("It implements no hook; a function marked with @hookimpl is missing.")

    def _checked_providers(self, plugin: object, info: PluginInfo) -> dict[str, Provider]:
        found: dict[str, Provider] = {}
        for provider in self._list(plugin, "register_providers"):
            faults = list(provider_faults(provider))
            if faults:
                raise SettingsError(f"Its provider {type(provider).__name__} is not complete: {'; '.join(faults)}.")
            owner = next((each for each in self._loaded if provider.name in each.info.providers), None)
            if owner or provider.name in found:
                other = owner.info.distribution if owner else info.distribution
                raise SettingsError(f"The provider name {provider.name!r} is claimed by {other} already.")
            found[provider.name] = provider
        return found

    def _checked_commands(self, plugin: object) -> dict[str, click.Command]:
        found: dict[str, click.Command] = {}
        for command in self._list(plugin, "register_commands"):
            if not isinstance(command, click.Command) or not command.name:
                raise SettingsError("register_commands must return click commands that have a name.")
            if command.name in self._commands:
                raise SettingsError(f"The command {command.name!r} is brought by another plugin already.")
            found[command.name] = command
        return found

    def _list(self, plugin: object, hook: str) -> list[Any]:
        try:
            return list(self._call(plugin, hook) or ())
        except Exception as error:
            raise SettingsError(f"{hook} failed: {type(error).__name__}: {error}.") from error

    def _answers(self, each: _Loaded, hook: str, **arguments: Any) -> list[Any]:
        try:
            return list(self._call(each.plugin, hook, **arguments) or ())
        except Exception as error:
            fault = f"{hook} failed: {type(error).__name__}: {error}."
            raise SettingsError(_advice(each.info, fault)) from error

    def _call(self, plugin: object, hook: str, **arguments: Any) -> Any:
        """Call one plugin's hook; what it returns, or None when it has none."""
        others = [other for other in self._manager.get_plugins() if other is not plugin]
        answers = self._manager.subset_hook_caller(hook, others)(**arguments)
        return answers[0] if answers else None

    def _implements(self, plugin: object, hook: str) -> bool:
        return any(caller.name == hook for caller in self._manager.get_hookcallers(plugin) or ())


def discover(points: Iterable[EntryPoint] | None = None) -> Plugins:
    """Load every plugin that can be used; the others are in ``installed`` with their problem."""
    return Plugins(entry_points(group=GROUP) if points is None else points)


def load(points: Iterable[EntryPoint] | None = None) -> Plugins:
    """Load every plugin; raises ``SettingsError`` that says of each unusable one why, and what to do."""
    plugins = discover(points)
    problems = [info.problem for info in plugins.installed if info.problem]
    if problems:
        raise SettingsError("\n".join(problems))
    return plugins


def needs_attention(report: RunReport) -> bool:
    """Whether a run left something for a person."""
    return report.state == "failed" or any(report.counts.get(name) for name in LEFT_FOR_A_PERSON)


def provider_faults(provider: object) -> Iterator[str]:
    """What is wrong with a provider's class attributes, each as a clause; nothing for a good one."""
    if not isinstance(provider, Provider):
        yield "it is not an instance of a subclass of hub.Provider"
        return
    for attribute, is_right, wanted in _RULES:
        if not hasattr(provider, attribute):
            yield f"{attribute} is missing, it should be {wanted}"
        elif not is_right(getattr(provider, attribute)):
            yield f"{attribute} should be {wanted}"
    yield from _missing_methods(provider)


def _missing_methods(provider: Provider) -> Iterator[str]:
    kind = type(provider)
    if provider.visit is None and kind.open is Provider.open:
        yield "it neither overrides open() nor sets visit"
    if provider.writes:
        yield from (
            f"it writes but does not override {name}()"
            for name in ("render", "allowed")
            if getattr(kind, name) is getattr(Provider, name)
        )


def _are_feeds(value: Any) -> bool:
    whole = isinstance(value, tuple) and all(isinstance(feed, Feed) for feed in value)
    return whole and len({feed.name for feed in value}) == len(value)


def _maps(value: Any, is_value: Callable[[Any], bool]) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, Kind) and is_value(each) for key, each in value.items())


def _are_actions(value: Any) -> bool:
    return isinstance(value, frozenset) and all(isinstance(action, Action) for action in value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(text, str) for text in value)


def _is_duration(value: Any) -> bool:
    return isinstance(value, int | float) and value >= 0


_RULES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("name", lambda v: isinstance(v, str) and bool(NAME.fullmatch(v)), "lower-case letters and digits, as in 'acme'"),
    ("title", lambda v: isinstance(v, str) and bool(v.strip()), "the product's name as people write it"),
    ("role", lambda v: isinstance(v, Role), "a hub.Role"),
    ("settings", lambda v: isinstance(v, type) and issubclass(v, BaseModel), "a pydantic model class"),
    ("feeds", _are_feeds, "a tuple of hub.Feed, each with a name of its own"),
    ("writes", lambda v: _maps(v, _are_actions), "a mapping of hub.Kind to a frozenset of hub.Action"),
    ("batch_rules", lambda v: _maps(v, lambda e: isinstance(e, BatchRule)), "a mapping of hub.Kind to hub.BatchRule"),
    ("skips", lambda v: isinstance(v, Mapping), "a mapping of a contract test's name to the reason"),
    ("settling_seconds", _is_duration, "seconds, 0 or more"),
    ("resend_seconds", _is_duration, "seconds, 0 or more"),
    ("help_steps", _are_texts, "a tuple of sentences"),
)


def _info(point: EntryPoint) -> PluginInfo:
    distribution = point.dist
    if distribution is None:
        return PluginInfo(point.name, point.module, "")
    return PluginInfo(point.name, distribution.name, distribution.version)


def _import(point: EntryPoint) -> object:
    try:
        plugin: object = point.load()
    except Exception as error:  # a plugin's code may raise anything when it is imported
        raise SettingsError(f"It can't be imported: {type(error).__name__}: {error}.") from error
    return plugin


def _hook_fault(text: str) -> str:
    """Pluggy's words, which begin with the plugin's name, in ours."""
    unknown = re.search(r"unknown hook '(\w+)'", text)
    if unknown:
        known = ", ".join(name for name in vars(hookspecs) if name.startswith("register_"))
        return (
            f"It implements the hook {unknown[1]!r}, which does not exist; is it misspelt?"
            f" There are {known}, run_finished and attention_needed."
        )
    wrong = re.search(r"hook '(\w+)'\nhookimpl definition: (.*)\n", text)
    if wrong:
        return f"Its hook {wrong[1]!r} takes other arguments than the hub gives: {wrong[2]}."
    return text


def _advice(info: PluginInfo, fault: str) -> str:
    made = f"{info.distribution} {info.version}".strip()
    return (
        f"Plugin {info.name!r} ({made}) can't be used. {fault}"
        f" Update it (pip install --upgrade {info.distribution}), or remove it (pip uninstall {info.distribution})."
    )
