"""A stateful, strict stand-in for the Cin7 Core API v2."""

from sim_cin7core.builders import new_customer, new_product, new_purchase, new_sale, new_stock, new_supplier
from sim_cin7core.client import Client
from sim_cin7core.loading import Sources
from sim_cin7core.person.action import ImpossibleError
from sim_cin7core.simulator import Simulator

__all__ = [
    "Client",
    "ImpossibleError",
    "Simulator",
    "Sources",
    "new_customer",
    "new_product",
    "new_purchase",
    "new_sale",
    "new_stock",
    "new_supplier",
]
