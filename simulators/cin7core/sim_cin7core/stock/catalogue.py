"""What product cards say about stock: whether there is any, its accounts and what one was bought for."""

from __future__ import annotations

from decimal import Decimal

from sim_cin7core import cards, chart
from sim_cin7core.records import Card
from sim_cin7core.store import Collection


class Catalogue:
    """Product cards as the stock ledger reads them."""

    def __init__(self, products: Collection[Card]) -> None:
        self._products = products

    def stocked(self, product_id: str) -> bool:
        """Whether it is a product of type Stock; services and additional charges have no stock."""
        card = self._products.find(product_id)
        return card is not None and card.fields["Type"] == cards.STOCK

    def cost(self, product_id: str) -> Decimal:
        """The average cost on the card: what one is assumed to cost when nothing better is known."""
        card = self._products.find(product_id)
        return Decimal(0) if card is None else Decimal(str(card.fields["AverageCost"]))

    def inventory(self, product_id: str) -> str:
        """The product's inventory account."""
        return self._account(product_id, "InventoryAccount", chart.INVENTORY)

    def cost_of_goods(self, product_id: str) -> str:
        """The product's account for the cost of goods sold."""
        return self._account(product_id, "COGSAccount", chart.COST_OF_GOODS)

    def _account(self, product_id: str, field: str, otherwise: str) -> str:
        card = self._products.find(product_id)
        return otherwise if card is None else str(card.fields.get(field) or otherwise)
