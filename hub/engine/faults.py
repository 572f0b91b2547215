"""A fault of a plugin stops the one record it was about, and says so; it does not stop the connection."""

from __future__ import annotations

import logging

from hub.documents import Document, Kind
from hub.errors import Problem
from hub.providers import Allowed, Facts, Fit, Provider, TargetState

log = logging.getLogger("hub.engine")


def fit_of(provider: Provider, document: Document, facts: Facts) -> Fit:
    """What the provider makes of a document; its fault is a problem of this document alone."""
    try:
        return provider.fit(document, facts)
    except Exception as error:
        log.exception("%s could not fit %s %s", provider.name, document.kind, document.label)
        return Fit(document, problems=(plugin_failed(provider, document.label, error),))


def allowed_for(provider: Provider, kind: Kind, state: TargetState) -> Allowed:
    """What may be done to a target; nothing, where the provider fails to say."""
    try:
        return provider.allowed(kind, state)
    except Exception as error:
        log.exception("%s could not say what is allowed on %s %s", provider.name, kind, state.target_id)
        return Allowed(frozenset(), reason=plugin_failed(provider, state.number or state.target_id, error).why)


def plugin_failed(provider: Provider, label: str, error: Exception) -> Problem:
    """The problem of a record that a provider's pure part failed on."""
    return Problem(
        code="plugin_failed",
        what=f"The plugin of {provider.title} failed on {label}.",
        why=f"{type(error).__name__}: {error}",
        fix="Report it to whoever maintains the plugin, and try again after an update; or skip it.",
        subject=f"{provider.name} {type(error).__name__}",
    )
