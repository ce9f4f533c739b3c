"""Finds the modules by which slices make themselves known, when their app is ready."""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

ANNOUNCING = ("rules", "receivers", "panels", "jobs")
NOT_SLICES = {"management", "migrations", "tests"}


def load_slices(app_package: str) -> list[str]:
    """Import `rules`, `receivers`, `panels` and `jobs` of every slice of an app, where they exist.

    Permissions, receivers, panels and job runners announce themselves on import. Returns the
    names of the modules that were imported, in order.
    """
    loaded = []
    for entry in iter_modules(import_module(app_package).__path__):
        if not entry.ispkg or entry.name in NOT_SLICES:
            continue
        for module in ANNOUNCING:
            name = f"{app_package}.{entry.name}.{module}"
            if find_spec(name) is not None:
                import_module(name)
                loaded.append(name)
    return loaded
