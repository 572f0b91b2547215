"""Forms made from pydantic models: one input per field, errors at their inputs, what was typed is kept.

A ``Literal`` or an enumeration becomes a select, ``bool`` a checkbox, ``SecretStr`` a password input that is never
filled in. ``json_schema_extra={"advanced": True}`` puts an input behind a disclosure.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin

from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

Model = TypeVar("Model", bound=BaseModel)
Choice = tuple[str, str]
"""The value sent, and what people read."""

FILL_IN = "Please fill this in."

_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
"""Soft hyphens, zero-width characters and marks of direction: web pages have them, and keys never do."""

LONGEST = 500
"""Longer than any name, number or amount that is looked for, and short enough for every database."""

_MESSAGES = {
    "missing": FILL_IN,
    "string_too_short": FILL_IN,
    "int_parsing": "Please enter a whole number.",
    "decimal_parsing": "Please enter a number.",
    "date_parsing": "Please enter a date such as 2025-07-01.",
    "date_from_datetime_parsing": "Please enter a date such as 2025-07-01.",
    "literal_error": "Please choose one of the list.",
    "enum": "Please choose one of the list.",
}


_BOUNDS = {
    "greater_than_equal": ("ge", "Please enter {} or more."),
    "greater_than": ("gt", "Please enter more than {}."),
    "less_than_equal": ("le", "Please enter {} or less."),
    "less_than": ("lt", "Please enter less than {}."),
    "string_too_long": ("max_length", "Please enter no more than {} characters."),
}


def _in_words(fault: Mapping[str, Any]) -> str:
    """What is wrong with a value, as pydantic found it."""
    if fault["type"] in _BOUNDS:
        bound, words = _BOUNDS[fault["type"]]
        return words.format(fault["ctx"][bound])
    return _MESSAGES.get(fault["type"]) or str(fault["msg"]).removeprefix("Value error, ")


@dataclass
class Input:
    """One input of a form, ready to be shown."""

    name: str
    label: str
    sort: str
    help: str = ""
    value: str = ""
    checked: bool = False
    required: bool = False
    advanced: bool = False
    choices: Sequence[Choice] = ()
    error: str = ""
    limits: Mapping[str, str] = field(default_factory=dict)


class ModelForm(Generic[Model]):
    """A form for ``model``.

    ``initial`` fills it in, ``choices`` turns fields into selects, ``kept`` are stored secrets that an empty password
    input leaves as they are.
    """

    def __init__(
        self,
        model: type[Model],
        *,
        initial: Mapping[str, Any] | None = None,
        choices: Mapping[str, Sequence[Choice]] | None = None,
        kept: Mapping[str, str] | None = None,
    ) -> None:
        self.model = model
        self.errors: list[str] = []
        self._choices = choices or {}
        self._kept = kept or {}
        self.inputs = [self._input(name, about) for name, about in model.model_fields.items()]
        for each in self.inputs:
            if initial is not None and each.name in initial:
                _fill(each, initial[each.name])

    @property
    def faults(self) -> list[Input]:
        """The inputs that have an error, for the summary that links to them."""
        return [each for each in self.inputs if each.error]

    @property
    def is_faulty(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.errors or self.faults)

    def __getitem__(self, name: str) -> Input:
        return next(each for each in self.inputs if each.name == name)

    def read(self, sent: Mapping[str, str]) -> Model | None:
        """Take what was sent; the model's object, or None with an error at each input that is wrong."""
        values: dict[str, Any] = {}
        for each in self.inputs:
            self._take(each, sent, values)
        try:
            read = self.model.model_validate(values)
        except ValidationError as error:
            self._note(error)
            return None
        return None if self.is_faulty else read

    def object_to(self, message: str, name: str = "") -> None:
        """Add an error, at an input or for the form as a whole."""
        if name:
            self[name].error = message
        else:
            self.errors.append(message)

    def _take(self, each: Input, sent: Mapping[str, str], values: dict[str, Any]) -> None:
        if each.sort == "checkbox":
            each.checked = each.name in sent
            values[each.name] = each.checked
            return
        typed = cleaned(sent.get(each.name, ""))
        if each.sort == "password":
            typed = typed or self._kept.get(each.name, "")
        else:
            each.value = typed
        if typed:
            values[each.name] = typed
            if each.choices and typed not in {value for value, _ in each.choices}:
                each.error = _MESSAGES["enum"]
        elif each.required:
            each.error = FILL_IN

    def _note(self, error: ValidationError) -> None:
        for fault in error.errors():
            message = _in_words(fault)
            name = str(fault["loc"][0]) if fault["loc"] else ""
            known = next((each for each in self.inputs if each.name == name), None)
            if known is None:
                self.errors.append(_sentence(message))
            elif not known.error:
                known.error = _sentence(message)

    def _input(self, name: str, about: FieldInfo) -> Input:
        sort, choices = _sort_of(about.annotation)
        if name in self._choices:
            sort, choices = "select", self._choices[name]
        extra = about.json_schema_extra if isinstance(about.json_schema_extra, dict) else {}
        if isinstance(words := extra.get("choices"), dict):
            choices = [(value, str(words.get(value, spoken))) for value, spoken in choices]
        made = Input(
            name=name,
            label=about.title or name.replace("_", " ").capitalize(),
            sort=sort,
            help=_help(about.description or "", keeps=sort == "password" and bool(self._kept.get(name))),
            required=about.is_required() and sort != "checkbox" and name not in self._kept,
            advanced=bool(extra.get("advanced")),
            choices=choices,
            limits=_limits(about),
        )
        if not about.is_required():
            _fill(made, about.get_default(call_default_factory=True, validated_data={}))
        return made


def cleaned(text: str, longest: int | None = None) -> str:
    """What was typed or pasted, without spaces around it and without what nobody can see in it.

    With ``longest`` no longer than so many characters.
    """
    return text.translate(_UNSEEN).strip()[:longest]


def looked_for(sent: Mapping[str, str], name: str = "text") -> str:
    """A text of an address by which a list is filtered; every filter takes its texts from here."""
    return cleaned(sent.get(name, ""), LONGEST)


def _fill(each: Input, value: Any) -> None:
    if each.sort == "checkbox":
        each.checked = bool(value)
    elif each.sort != "password":
        each.value = "" if value is None else str(value.value if isinstance(value, enum.Enum) else value)


def _sort_of(annotation: Any) -> tuple[str, Sequence[Choice]]:
    """The sort of input a type needs, and what there is to choose from."""
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    if get_origin(annotation) is Literal:
        return "select", [(str(value), _spoken(str(value))) for value in get_args(annotation)]
    if not isinstance(annotation, type):
        return "text", ()
    if issubclass(annotation, enum.Enum):
        return "select", [(str(member.value), _spoken(str(member.value))) for member in annotation]
    sorts = ((bool, "checkbox"), (int, "number"), (SecretStr, "password"), (date, "date"), (Decimal, "decimal"))
    return next((sort for known, sort in sorts if issubclass(annotation, known)), "text"), ()


def _limits(about: FieldInfo) -> dict[str, str]:
    """What a browser can already check."""
    found: dict[str, str] = {}
    for rule in about.metadata:
        if isinstance(rule, Ge):
            found["min"] = str(rule.ge)
        elif isinstance(rule, Le):
            found["max"] = str(rule.le)
        elif isinstance(rule, MaxLen):
            found["maxlength"] = str(rule.max_length)
    return found


def _help(words: str, *, keeps: bool) -> str:
    """What an input is about; of a stored secret only that it stays, for the rest is about entering it first."""
    return "Stored, and not shown. Leave it empty to keep it, or enter another one." if keeps else words


def _spoken(value: str) -> str:
    return value.replace("_", " ").capitalize()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")
