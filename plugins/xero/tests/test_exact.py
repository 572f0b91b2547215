from datetime import date
from decimal import Decimal

import pytest
from hub_xero.exact import decode, encode


def test_money_is_written_digit_by_digit_and_read_back_the_same() -> None:
    value = {"Amount": Decimal("0.10"), "Rate": Decimal("1234567890.123456"), "Tiny": Decimal("1E-6")}

    assert encode(value) == b'{"Amount":0.10,"Rate":1234567890.123456,"Tiny":0.000001}'
    assert decode(encode(value)) == value


def test_a_float_is_refused_because_money_never_passes_through_one() -> None:
    with pytest.raises(TypeError, match="exactly"):
        encode({"Amount": 0.1})


def test_dates_names_and_signs_are_written_as_xero_reads_them() -> None:
    written = encode([date(2026, 3, 1), 'Café "Ü"', True, None, 7])

    assert written.decode() == '["2026-03-01","Café \\"Ü\\"",true,null,7]'
