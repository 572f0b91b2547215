"""Intuit's own schema of qbXML, for whoever has the specifications."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import etree


def faults_by(schema: Path) -> Callable[[bytes], list[str]]:
    """What a schema has against a request."""
    parser = etree.XMLParser()
    parser.resolvers.add(_Parts(schema.parent))
    known = etree.XMLSchema(etree.parse(str(schema), parser))

    def faults(content: bytes) -> list[str]:
        known.validate(etree.fromstring(content))
        log: Any = known.error_log
        return [str(error.message) for error in log]

    return faults


class _Parts(etree.Resolver):
    """The schema's parts by the names that they have in the folder, whether or not somebody amended them."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def resolve(self, system_url: str, public_id: str, *context: Any) -> Any:
        plain = self.folder / Path(system_url).name.replace("_modified", "")
        here: Any = self
        return here.resolve_filename(str(plain), *context) if plain.exists() else None
