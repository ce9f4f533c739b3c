"""The product's own source, read and parsed once, for the tests that keep house rules."""

import ast
import configparser
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from django.conf import settings

PACKAGES = ("collections_app", "accounts", "campaigns", "reports", "benchmarks")
OTHER_ROOMS = {"apps", "management", "migrations", "templatetags", "tests", "web", "models"}


@dataclass(frozen=True)
class Module:
    """One source file: its path from the root, its text and, when asked for, its syntax tree."""

    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def name(self) -> str:
        parts = list(self.path.with_suffix("").parts)
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def is_test(self) -> bool:
        return "tests" in self.path.parts or "testing" in self.path.parts

    @property
    def slice(self) -> str:
        """`accounts.ledger` of a module of that slice; empty outside the slices."""
        parts = self.path.parts
        is_inside = parts[0] in ("accounts", "campaigns", "reports") and len(parts) > 2
        return f"{parts[0]}.{parts[1]}" if is_inside and parts[1] not in OTHER_ROOMS else ""

    def line(self, node: ast.AST) -> str:
        return self.lines[node.lineno - 1]

    def at(self, node: ast.AST) -> str:
        """`path:line`, as editors open it."""
        return f"{self.path}:{node.lineno}"


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file of the product but its migrations, tests included."""
    root, found = Path(settings.BASE_DIR), []
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            if "migrations" not in path.parts:
                text = path.read_text(encoding="utf-8")
                found.append(Module(path.relative_to(root), text))
    return tuple(found)


def product() -> Iterator[Module]:
    """The modules that run in production."""
    return (module for module in modules() if not module.is_test)


@cache
def floors() -> dict[str, int]:
    """The height of every slice, from the contract that CI checks: `accounts.ledger` stands under
    `accounts.payments`, and all of accounts under all of campaigns."""
    contract = configparser.ConfigParser()
    contract.read(Path(settings.BASE_DIR) / ".importlinter")
    heights: dict[str, int] = {"collections_app.core": 0}
    height = 0
    for app in ("accounts", "campaigns", "reports"):
        layers = contract[f"importlinter:contract:{app}"]["layers"].split("\n")
        for layer in reversed([line.strip() for line in layers if line.strip()]):
            height += 1
            for name in layer.split("|"):
                heights[f"{app}.{name.strip().strip('()')}"] = height
    return heights
