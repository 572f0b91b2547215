"""Xero as a ledger for Ledgerport."""

from collections.abc import Sequence

from hub import Provider, hookimpl
from hub_xero.provider import XeroProvider

__version__ = "0.1.0"


@hookimpl
def register_providers() -> Sequence[Provider]:
    """Bring Xero."""
    return [XeroProvider()]
