"""What a function, a class or a module offers, as its source says it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

LONGEST = 80  # characters of a constant's value worth showing


def arguments(node: ast.FunctionDef, bound: bool = False) -> str:
    """What a function is called with; without `self` or `cls` where it is bound."""
    given = node.args
    if bound and given.args:
        given = ast.arguments(**{**vars(given), "args": given.args[1:]})
    return ast.unparse(given)


def parameters(node: ast.FunctionDef | ast.ClassDef) -> list[str]:
    """The names that a docstring may tell of: arguments, or a class's fields, properties and starting arguments."""
    if isinstance(node, ast.FunctionDef):
        given = node.args
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        return [argument.arg for argument in every if argument]
    names = [child.target.id for child in node.body if isinstance(child, ast.AnnAssign)]
    for child in node.body:
        if isinstance(child, ast.FunctionDef):
            names += [child.name, *(parameters(child) if child.name == "__init__" else [])]
    return names


def fields(node: ast.ClassDef) -> str:
    """A class's call: the fields of a dataclass, or the arguments of `__init__`."""
    marks = [ast.unparse(decorator) for decorator in node.decorator_list]
    if not any(mark.startswith(("dataclass", "dataclasses.dataclass")) for mark in marks):
        start = next((c for c in node.body if isinstance(c, ast.FunctionDef) and c.name == "__init__"), None)
        return f"({arguments(start, bound=True)})" if start else ""
    given = ["*"] if any("kw_only=True" in mark for mark in marks) else []
    for child in node.body:
        if isinstance(child, ast.AnnAssign):
            given += field(child)
    return f"({', '.join(given)})"


def field(node: ast.AnnAssign) -> list[str]:
    """One field as an argument; none if it is not one."""
    kind = ast.unparse(node.annotation)
    if "KW_ONLY" in kind:
        return ["*"]
    if "ClassVar" in kind:
        return []
    name = node.target.id
    if node.value is None:
        return [name]
    if isinstance(node.value, ast.Call) and ast.unparse(node.value.func).endswith("field"):
        said = {keyword.arg: ast.unparse(keyword.value) for keyword in node.value.keywords}
        if said.get("init") == "False":
            return []
        default = said.get("default", "..." if "default_factory" in said else None)
        return [name if default is None else f"{name}={default}"]
    return [f"{name}={ast.unparse(node.value)}"]


def constants(tree: ast.Module, source: str) -> Iterator[tuple[str, str, str]]:
    """A module's public constants: name, value, and what the comment beside it says."""
    lines = source.splitlines()
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        name, value = node.targets[0].id, ast.unparse(node.value)
        if re.fullmatch(r"[A-Z][A-Z0-9_]*", name) and len(value) <= LONGEST:
            line = lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode()
            yield name, value, line.partition("#")[2].strip()
