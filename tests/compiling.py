"""Hundreds of tests make the pages' application anew; what its libraries compile for it is compiled once."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class Remembered(BytecodeCache):
    """The code of every template that this process has seen; one whose text is another is compiled anew."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return f"{name} of {filename}"

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get(_identity(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[_identity(bucket)] = bucket.code


def _identity(bucket: Bucket) -> tuple[str, str]:
    environment: Environment = bucket.environment
    options = (environment.trim_blocks, environment.lstrip_blocks, *environment.extensions)
    return f"{bucket.key} with {options}", bucket.checksum


def compile_once() -> None:
    """Have Flask remember the code of its templates, and Werkzeug that of its rules."""
    if not isinstance(Flask.jinja_options.get("bytecode_cache"), Remembered):
        Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Remembered()}
        Rule._compile_builder = _remembered(Rule._compile_builder)  # type: ignore[method-assign]


def _remembered(compiled: Callable[..., Any]) -> Callable[..., Any]:
    """The function that builds a rule's addresses knows nothing of the rule but what it is compiled from."""
    functions: dict[object, Any] = {}

    def compile_builder(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return compiled(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in functions:
            functions[key] = compiled(rule, append_unknown)
        return functions[key]

    return compile_builder
