"""A door of a floor: what lies behind it loads when it is first touched."""

import sys
from importlib import import_module
from importlib.util import find_spec

EXTRA = (
    () if find_spec("torch") and find_spec("pyro") else ("dkt", "programs", "svi", "nuts", "distributed", "processes")
)  # what is not offered


def lazily(package: str, rooms, names=None):
    """`__getattr__`, `__dir__` and `__all__` of a package.

    rooms: its modules, in the order in which a reader needs them. names: a name -> the module that defines it.
    Raises AttributeError for anything else, and where a module needs an extra that is not installed, with its words.
    """
    names = dict(names or {})
    offered = [*names, *(room for room in rooms if room not in EXTRA)]

    def get(name):
        if name in rooms:
            try:
                return import_module(f"{package}.{name}")
            except ModuleNotFoundError as error:
                raise AttributeError(str(error)) from error
        if name in names:
            return getattr(import_module(f"{package}.{names[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def listed():
        here = vars(sys.modules[package])
        return sorted({*here["__all__"], *(name for name in here if name.startswith("__"))})

    return get, listed, offered
