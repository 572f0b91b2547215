"""QuickBooks Desktop as a ledger for Ledgerport."""

from collections.abc import Sequence

from flask import Blueprint

from hub import Hub, Provider, hookimpl
from hub_qbdesktop import pages, soap
from hub_qbdesktop.provider import QuickBooksProvider

__version__ = "0.1.0"


@hookimpl
def register_providers() -> Sequence[Provider]:
    """Bring QuickBooks Desktop."""
    return [QuickBooksProvider()]


@hookimpl
def register_blueprints(hub: Hub) -> Sequence[Blueprint]:
    """Bring the service that the Web Connector calls, and the pages of a connection."""
    return [soap.blueprint(hub), pages.blueprint(hub)]
