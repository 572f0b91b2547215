"""A stateful, strict stand-in for QuickBooks Desktop and its Web Connector, for tests and demonstrations."""

from .simulator import Simulator

__all__ = ["Simulator"]
__version__ = "0.1.0"
