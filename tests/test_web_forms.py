"""Forms made from models."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

from hub.web.comparison import number
from hub.web.forms import ModelForm
from hub.web.wording import amount, counted, detail, done_by_run, duration, pretty, symbols


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


def long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < 4:
        raise ValueError("the key is too short")
    return value


class Edition(StrEnum):
    US = "US"
    UK = "UK"


class Chosen(BaseModel):
    edition: Edition = Field(Edition.US, json_schema_extra={"choices": {"US": "United States"}})


class Everything(BaseModel):
    name: str = Field(max_length=5)
    colour: Colour = Colour.GREEN
    size: Literal["s", "m"]
    key: Annotated[SecretStr, AfterValidator(long_enough)]
    count: int | None = Field(None, ge=1, le=9)
    since: date | None = None
    rate: Decimal = Decimal("1.5")
    active: bool = True

    @model_validator(mode="after")
    def agree(self) -> Everything:
        if self.name == "bad":
            raise ValueError("this name is bad")
        return self


SENT = {"name": "tea", "colour": "red", "size": "m", "key": "secret", "count": "3", "since": "2026-01-31", "rate": "2"}


def test_each_type_gets_its_input() -> None:
    form = ModelForm(Everything)
    assert [each.sort for each in form.inputs] == [
        *("text", "select", "select", "password", "number", "date", "decimal", "checkbox")
    ]
    assert [each.name for each in form.inputs if each.required] == ["name", "size", "key"]
    assert form["count"].limits == {"min": "1", "max": "9"}
    assert form["name"].limits == {"maxlength": "5"}
    assert (form["colour"].value, form["rate"].value, form["active"].checked) == ("green", "1.5", True)


def test_values_that_people_call_otherwise_have_words_of_their_own() -> None:
    (edition,) = ModelForm(Chosen).inputs
    assert edition.choices == [("US", "United States"), ("UK", "Uk")]


def test_xml_is_laid_out_without_changing_what_is_sent() -> None:
    sent = '<?xml version="1.0"?><A><B>x &lt; y</B><C/><D><E>1</E></D></A>'
    shown = pretty(sent)
    assert shown.splitlines() == [
        '<?xml version="1.0"?>',
        "<A>",
        "  <B>x &lt; y</B>",
        "  <C/>",
        "  <D>",
        "    <E>1</E>",
        "  </D>",
        "</A>",
    ]
    assert "".join(line.lstrip(" ") for line in shown.splitlines()) == sent


def test_what_is_sent_becomes_the_model() -> None:
    read = ModelForm(Everything).read(SENT)
    assert read is not None
    assert (read.colour, read.count, read.since, read.rate) == (Colour.RED, 3, date(2026, 1, 31), Decimal(2))
    assert read.active is False


def test_empty_inputs_fall_back_to_their_defaults() -> None:
    read = ModelForm(Everything).read({**SENT, "count": " ", "rate": "", "colour": ""})
    assert read is not None
    assert (read.count, read.rate, read.colour) == (None, Decimal("1.5"), Colour.GREEN)


def test_each_error_is_at_its_input() -> None:
    form = ModelForm(Everything)
    assert form.read({**SENT, "name": "", "size": "xl", "count": "0", "since": "x", "key": "abc"}) is None
    assert {each.name: each.error for each in form.faults} == {
        "name": "Please fill this in.",
        "size": "Please choose one of the list.",
        "key": "The key is too short.",
        "count": "Please enter 1 or more.",
        "since": "Please enter a date such as 2025-07-01.",
    }
    assert form["key"].value == ""
    assert form["count"].value == "0"


def test_an_error_of_the_whole_is_told_above() -> None:
    form = ModelForm(Everything)
    assert form.read({**SENT, "name": "bad"}) is None
    assert form.errors == ["This name is bad."]


def test_a_stored_secret_is_kept_when_its_input_is_empty() -> None:
    form = ModelForm(Everything, kept={"key": "stored"})
    read = form.read({**SENT, "key": ""})
    assert read is not None
    assert read.key.get_secret_value() == "stored"
    assert not form["key"].required


def test_a_secret_is_never_filled_in_even_when_it_is_given() -> None:
    form = ModelForm(Everything, initial={"key": "stored", "name": "tea"})
    assert (form["key"].value, form["name"].value) == ("", "tea")


def test_bounds_are_told_in_plain_words() -> None:
    form = ModelForm(Everything)
    assert form.read({**SENT, "count": "0", "name": "too long"}) is None
    assert form["count"].error == "Please enter 1 or more."
    assert form["name"].error == "Please enter no more than 5 characters."


def test_a_payload_is_laid_out_number_by_number() -> None:
    assert pretty(b'{"a":[1.10,100000000000000000.01],"b":{},"c":[]}') == (
        '{\n  "a": [\n    1.10,\n    100000000000000000.01\n  ],\n  "b": {},\n  "c": []\n}'
    )
    assert pretty(b"<a>1</a>") == "<a>1</a>"


def test_numbers_of_a_comparison_are_short_and_money_keeps_its_cents() -> None:
    given = ("4.000000", "12.500000", "12.50", "0.125000", "10.00", "7", "100.000")
    assert [number(Decimal(each)) for each in given] == ["4", "12.50", "12.50", "0.125", "10.00", "7", "100"]
    assert number(Decimal("-64847.54")) == "-64,847.54"


def test_what_a_run_did_is_told_in_words() -> None:
    assert done_by_run({"pulled tax_rules": 11, "changed": 3121, "held": 0, "created": 2}) == (
        "11 tax rules read, 3,121 changed since the run before, 2 created"
    )


def test_one_of_what_a_run_read_is_told_in_the_singular() -> None:
    told = [done_by_run({f"pulled {feed}": 1}) for feed in ("contacts", "purchases", "currencies", "taxes", "stock")]
    assert told == ["1 contact read", "1 purchase read", "1 currency read", "1 tax read", "1 stock read"]


def test_what_the_audit_keeps_is_told_in_words() -> None:
    assert detail({"sale_contact": "2688e226"}) == "sale contact: 2688e226"
    assert detail({"GB_20": ["a", "b"], "sure": True}) == "GB_20: a, b; sure: yes"
    assert (detail([]), detail({}), detail(None), detail(3)) == ("none", "nothing", "nothing", "3")


def test_words_for_amounts_and_spans() -> None:
    assert amount("-1234.5", "GBP") == "-1,234.50 GBP"
    assert [amount(each, "GBP") for each in ("1E+3", "0", "25.500", "0.125")] == [
        "1,000.00 GBP",
        "0.00 GBP",
        "25.50 GBP",
        "0.125 GBP",
    ]
    assert (amount("1000.00", "JPY"), amount("1.5", "KWD"), amount("7")) == ("1,000 JPY", "1.500 KWD", "7.00")
    assert (amount("", "GBP"), amount(None)) == ("", "")
    assert [duration(seconds) for seconds in (0, 59, 60, 3661)] == ["0 s", "59 s", "1 min", "1 h 1 min 1 s"]
    assert (counted(1, "entry", "entries"), counted(2000, "entry", "entries")) == ("1 entry", "2,000 entries")


def test_what_stands_for_an_id_still_to_come_is_found_in_json_and_in_xml() -> None:
    assert symbols('{"a": "<invoice:i 1>", "b": ["<contact of bill:b2>", "<invoice:i 1>"], "c": "<b>"}') == [
        "<invoice:i 1>",
        "<contact of bill:b2>",
    ]
    sent = '<?xml version="1.0"?><Ref><ListID>&lt;contact:c1&gt;</ListID><Memo>a &lt; b: c &gt; d</Memo></Ref>'
    assert symbols(pretty(sent)) == ["&lt;contact:c1&gt;"]
    assert symbols(pretty("<?xml version='1.0'?><A><B>1</B></A>")) == []
