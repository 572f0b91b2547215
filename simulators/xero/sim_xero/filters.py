"""The small language of `where`: comparisons, AND/OR, brackets, `Contains`, `StartsWith`, `EndsWith`,
dates, GUIDs.

Source: Xero API documentation, Requests and responses (Retrieving a filtered resource). Field names are
compared without case; an unknown field is a QueryParseException.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from .errors import query_invalid

R = TypeVar("R")
Reader = Callable[[R], Any]
Test = Callable[[R], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<word>[A-Za-z_][A-Za-z_0-9]*(?:\.[A-Za-z_][A-Za-z_0-9]*)*)
      | (?P<sign>==|!=|>=|<=|<>|&&|\|\||[<>=!(),])
    )""",
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


def parse(expression: str, fields: dict[str, Reader[R]], type_name: str) -> Test[R]:
    """A test for records, from a `where` expression; raises the 400 when it cannot be read."""
    return _Parser(_tokens(expression), fields, type_name).whole()


def _tokens(expression: str) -> list[tuple[str, str]]:
    found, position = [], 0
    while position < len(expression.rstrip()):
        match = _TOKEN.match(expression, position)
        if match is None or match.lastgroup is None:
            raise query_invalid(f"Syntax error at position {position} of the where expression")
        found.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found


class _Parser:
    """Recursive descent: or, and, not, comparison."""

    def __init__(self, tokens: list[tuple[str, str]], fields: dict[str, Reader[Any]], type_name: str) -> None:
        self.tokens = tokens
        self.fields = fields
        self.type_name = type_name
        self.position = 0

    def whole(self) -> Test[Any]:
        test = self._either()
        if self.position < len(self.tokens):
            raise query_invalid(f"Syntax error near '{self.tokens[self.position][1]}'")
        return test

    def _next(self) -> tuple[str, str]:
        if self.position >= len(self.tokens):
            raise query_invalid("Expression expected")
        self.position += 1
        return self.tokens[self.position - 1]

    def _accept(self, *words: str) -> bool:
        if self.position < len(self.tokens) and self.tokens[self.position][1].upper() in words:
            self.position += 1
            return True
        return False

    def _either(self) -> Test[Any]:
        tests = [self._both()]
        while self._accept("OR", "||"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda record: any(test(record) for test in tests)

    def _both(self) -> Test[Any]:
        tests = [self._single()]
        while self._accept("AND", "&&"):
            tests.append(self._single())
        return tests[0] if len(tests) == 1 else lambda record: all(test(record) for test in tests)

    def _single(self) -> Test[Any]:
        if self._accept("!", "NOT"):
            inner = self._single()
            return lambda record: not inner(record)
        if self._accept("("):
            test = self._either()
            if not self._accept(")"):
                raise query_invalid("')' expected")
            return test
        return self._comparison()

    def _comparison(self) -> Test[Any]:
        kind, word = self._next()
        if kind != "word":
            raise query_invalid(f"Syntax error near '{word}'")
        path, _, method = word.rpartition(".")
        if method.lower() in _TEXT_TESTS and path:
            return self._text_test(path, method.lower())
        read = self._reader(word)
        if self.position >= len(self.tokens) or self.tokens[self.position][1] not in _COMPARE:
            return lambda record: bool(read(record))
        compare = _COMPARE[self._next()[1]]
        value = self._value()
        return lambda record: _compared(compare, read(record), value)

    def _text_test(self, path: str, method: str) -> Test[Any]:
        read = self._reader(path)
        part = self._arguments()
        if len(part) != 1 or not isinstance(part[0], str):
            raise query_invalid(f"{method} takes one string")
        test = _TEXT_TESTS[method]
        return lambda record: test(str(read(record) or ""), part[0])

    def _reader(self, path: str) -> Reader[Any]:
        read = self.fields.get(path.removesuffix(".HasValue").lower())
        if read is None:
            raise query_invalid(f"No property or field '{path}' exists in type '{self.type_name}'")
        return read

    def _arguments(self) -> list[Any]:
        if not self._accept("("):
            raise query_invalid("'(' expected")
        values: list[Any] = []
        while not self._accept(")"):
            values.append(self._value())
            self._accept(",")
        return values

    def _value(self) -> Any:
        kind, word = self._next()
        if kind == "string":
            return word[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        if kind == "number":
            return Decimal(word)
        lowered = word.lower()
        if lowered in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[lowered]
        if lowered == "guid":
            return str(self._arguments()[0]).lower()
        if lowered in ("datetime", "datetime.parse"):
            return _moment(self._arguments())
        raise query_invalid(f"Syntax error near '{word}'")


def _moment(arguments: list[Any]) -> datetime:
    try:
        if len(arguments) == 1:
            return datetime.fromisoformat(arguments[0]).replace(tzinfo=UTC)
        year, month, day, *time = (int(argument) for argument in arguments)
        hour, minute, second = [*time, 0, 0, 0][:3]
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, TypeError) as problem:
        raise query_invalid(f"DateTime is not valid: {problem}") from problem


def _compared(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    """Compare like with like; null equals only null (and the empty text)."""
    if left is None or right is None or left == "":
        left, right = left or None, right or None if not isinstance(right, Decimal) else right
        if compare in (operator.eq, operator.ne):
            return compare(left, right)
        return False
    if isinstance(left, date) and not isinstance(left, datetime):
        right = right.date() if isinstance(right, datetime) else right
    try:
        return compare(left, right)
    except TypeError:
        raise query_invalid("Operator is incompatible with the operand types") from None
