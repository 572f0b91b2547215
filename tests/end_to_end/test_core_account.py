"""What a Core account is, and what becomes of what could not be read in it."""

from __future__ import annotations

import pytest

from end_to_end.shop import PERSON, Shop
from hub.engine.connections import connect
from hub.errors import SettingsError


@pytest.mark.parametrize("spelling", ["{upper}", "{{{lower}}}", " {upper} "])
def test_a_core_account_is_connected_once_however_its_id_is_typed(shop: Shop, spelling: str) -> None:
    lower = shop.core.account_id
    settings = shop.settings("cin7core", account_id=spelling.format(lower=lower, upper=lower.upper()))
    with pytest.raises(SettingsError, match="is connected already, as Shop"):
        connect(shop.hub, shop.hub.provider("cin7core"), settings, name="Shop again", actor=PERSON)
