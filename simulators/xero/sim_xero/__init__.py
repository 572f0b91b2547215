"""A stateful, strict stand-in for the Xero Accounting API and identity service, for tests and
demonstrations.
"""

from .simulator import Simulator

__all__ = ["Simulator"]
__version__ = "0.1.0"
