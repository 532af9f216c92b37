"""The API pages: a page a floor, a section a module, its public names in the order of the source.

Written into `book/api` from the tree of `ktlib`, which is read and never imported: so the pages need no PyTorch, and
a module that moves takes its page along. What begins with an underscore stays out.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kt_signatures import arguments, constants, fields, parameters

SIDE = 90  # a line of a docstring that ends before this, though the next word had room, ends on purpose
NAME = r"\*{0,2}\w+"
AFTER = r"(?<=[.;])\s(?=Raises |Returns |Source: )"  # no longer about the name before it
OPENING = (
    "# API\n\nEvery public name of `ktlib` with what its docstring says, built from the source. In the chapters' "
    "code a name with a dotted line under it leads here."
)


@dataclass(frozen=True)
class Module:
    """One module: its dotted name, its syntax tree and its source."""

    name: str
    tree: ast.Module
    source: str

    @property
    def doc(self) -> str:
        """Its docstring."""
        return ast.get_docstring(self.tree) or ""

    def members(self) -> Iterator[ast.stmt]:
        """Its public functions and classes, in order."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                yield node


@dataclass
class Library:
    """All public modules of a package, and on which page each name stands.

    front: the package itself. pages: floor -> its modules. places: dotted name -> floor.
    """

    front: Module
    pages: dict[str, list[Module]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def add(self, page: str, module: Module) -> None:
        """Put a module on a page, with all its names."""
        self.pages.setdefault(page, []).append(module)
        self.places[module.name] = page
        for node in module.members():
            self.places[f"{module.name}.{node.name}"] = page
            if isinstance(node, ast.ClassDef):
                self.places |= {f"{module.name}.{node.name}.{method.name}": page for method in methods(node)}

    def find(self, name: str, near: str = "") -> str | None:
        """The dotted name that is meant: itself, or the only one that ends so; first in the module `near`."""
        for full in (name, f"{near}.{name}", f"{self.front.name}.{name}"):
            if full in self.places:
                return full
        return self.find_in("", name)

    def find_in(self, where: str, name: str) -> str | None:
        """The only dotted name below `where` that ends in `name`; a method is named with its class."""
        ends = [full for full in self.places if full.startswith(where) and full.endswith(f".{name}")]
        if "." not in name:
            ends = [full for full in ends if not full.rpartition(".")[0].rpartition(".")[2][:1].isupper()]
        return ends[0] if len(ends) == 1 else None


def read(package: Path) -> Library:
    """The library as its files stand, floors and modules in the order in which their package names them."""
    library = Library(module(package / "__init__.py", package))
    floors = [path.parent for path in package.glob("*/__init__.py") if not path.parent.name.startswith("_")]
    for floor in sorted(floors, key=lambda floor: rank(floor.name, library.front)):
        head = module(floor / "__init__.py", package)
        rest = [module(path, package) for path in modules(floor) if path.parent != floor or path.stem != "__init__"]
        order = sorted(rest, key=lambda inside: rank(inside.name.removeprefix(f"{head.name}.").split(".")[0], head))
        for inside in [head, *order]:
            library.add(floor.name, inside)
    return library


def rank(name: str, package: Module) -> tuple[int, str]:
    """Where a package's own file first names a part of it; what it does not name comes last, by the alphabet."""
    said = [n.value for n in ast.walk(package.tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return (said.index(name) if name in said else len(said)), name


def modules(folder: Path) -> list[Path]:
    """The public modules of a folder, a package before what is in it."""
    inside = [path for path in folder.glob("**/*.py") if not hidden(path.relative_to(folder))]
    return sorted(inside, key=lambda path: (path.parent, path.name != "__init__.py", path.name))


def hidden(path: Path) -> bool:
    """Whether a part of the path begins with an underscore."""
    return any(part.startswith("_") for part in [*path.parts[:-1], path.stem.removeprefix("__init__")])


def module(path: Path, package: Path) -> Module:
    """One file, read."""
    source = path.read_text("utf-8")
    parts = path.relative_to(package.parent).with_suffix("").parts
    name = ".".join(part for part in parts if part != "__init__")
    return Module(name, ast.parse(source), source)


def write(library: Library, folder: Path) -> None:
    """Bring the pages in a folder, and the overview beside it, up to date."""
    folder.mkdir(exist_ok=True)
    texts = {folder / f"{name}.md": page(library, name) for name in library.pages}
    texts[folder.parent / f"{folder.name}.md"] = overview(library, folder.name)
    for old in set(folder.glob("*.md")) - set(texts):
        old.unlink()
    for path, text in texts.items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def overview(library: Library, folder: str) -> str:
    """The package's own words, then all pages and their modules, each with the first sentence of its docstring."""
    parts = [
        OPENING,
        directive("py:module", library.front.name),
        prose(library.front.doc, Place(library, library.front.name)),
    ]
    for name, (head, *rest) in library.pages.items():
        listed = [f"- {{py:mod}}`{m.name}`: {Place(library, m.name).linked(first_sentence(m.doc))}" for m in rest]
        said = Place(library, head.name).linked(first_sentence(head.doc))
        parts += [f"## [{head.name}]({folder}/{name}.md)", said, "\n".join(listed)]
    return "\n\n".join(parts) + "\n"


def first_sentence(doc: str) -> str:
    """What a docstring says first."""
    return re.split(r"(?<=\.)\s(?=[A-Z])", doc.split("\n\n")[0].replace("\n", " "), maxsplit=1)[0]


def page(library: Library, name: str) -> str:
    """One page as MyST: the package, then its modules."""
    head, *rest = library.pages[name]
    parts = [f"# {head.name}", *section(head, library)]
    for inside in rest:
        parts += [f"## {inside.name}", *section(inside, library)]
    return "\n\n".join(parts) + "\n"


def section(inside: Module, library: Library) -> Iterator[str]:
    """A module: what it says of itself, then its names."""
    yield directive("py:module", inside.name)
    yield prose(inside.doc, Place(library, inside.name))
    for name, value, comment in constants(inside.tree, inside.source):
        yield directive("py:data", name, plain(comment), {"value": value})
    for node in inside.members():
        yield described(node, inside.name, library)


def described(node: ast.FunctionDef | ast.ClassDef, where: str, library: Library) -> str:
    """A function or a class with its methods."""
    text = prose(ast.get_docstring(node) or "", Place(library, where, tuple(parameters(node))))
    if isinstance(node, ast.FunctionDef):
        return directive("py:function", f"{node.name}({arguments(node)})", text)
    inner = [method(child, where, library) for child in methods(node)]
    return directive("py:class", f"{node.name}{fields(node)}", "\n\n".join([text, *inner]), fence="::::")


def methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    """A class's public methods and properties that say what they do."""
    found = [child for child in node.body if isinstance(child, ast.FunctionDef) and ast.get_docstring(child)]
    return [child for child in found if not child.name.startswith("_")]


def method(node: ast.FunctionDef, where: str, library: Library) -> str:
    """A method or a property."""
    marks = {ast.unparse(decorator) for decorator in node.decorator_list}
    options = {mark: "" for mark in ("classmethod", "staticmethod") if mark in marks}
    text = prose(ast.get_docstring(node) or "", Place(library, where, tuple(parameters(node))))
    if marks & {"property", "cached_property", "functools.cached_property"}:
        return directive("py:property", node.name, text, options)
    return directive("py:method", f"{node.name}({arguments(node, bound='staticmethod' not in marks)})", text, options)


def directive(
    kind: str, argument: str, text: str = "", options: dict[str, str] | None = None, fence: str = ":::"
) -> str:
    """A MyST directive."""
    lines = [
        f"{fence}{{{kind}}} {argument}",
        *(f":{name}: {value}".rstrip() for name, value in (options or {}).items()),
    ]
    return "\n".join([*lines, "", text, fence])


@dataclass(frozen=True)
class Place:
    """Where a docstring stands: what its backticks may mean. names: the parameters or fields that it tells of."""

    library: Library
    module: str
    names: tuple[str, ...] = ()

    def lines(self, text: str) -> str:
        """Text as Markdown that keeps its lines."""
        return "\\\n".join(self.linked(line) for line in text.split("\n"))

    def linked(self, text: str) -> str:
        """Text as Markdown; what stands in backticks and is a public name becomes a link."""
        parts = re.split(r"(`[^`]+`)", text)
        return "".join(self.code(part[1:-1]) if part.startswith("`") else plain(part) for part in parts)

    def code(self, text: str) -> str:
        """What stood in backticks: a link if it is a public name."""
        known = re.fullmatch(r"[\w.]+", text) and text not in self.names
        full = self.library.find(text, self.module) if known else None
        return f"{{py:obj}}`{text} <{full}>`" if full else f"`{text}`"


def prose(doc: str, place: Place) -> str:
    """A docstring as Markdown. What it says of each of the names becomes a list."""
    parts = re.split(r"\n\s*\n", inspect.cleandoc(doc)) if doc else []
    return "\n\n".join(paragraph(part, place) for part in parts)


def paragraph(text: str, place: Place) -> str:
    """One paragraph, list or example of a docstring."""
    if re.match(r">>> |    ", text):
        code = textwrap.dedent(text)
        return f"```{'python' if re.match('>>>|from |import ', code) else 'text'}\n{code}\n```"
    if re.match(r"(-|\d+\.) ", text):
        items = [re.match(r"(\s*(?:(?:-|\d+\.) )?)(.*)", line).groups() for line in text.split("\n")]
        return "\n".join(mark + place.linked(said) for mark, said in items)
    text, *later = re.split(AFTER, unwrapped(text), maxsplit=1)
    starts = [
        match
        for match in re.finditer(rf"(?:^|(?<=[.;:]\s))({NAME}(?:, {NAME})*(?: and {NAME})?): ", text, flags=re.M)
        if set(re.findall(r"\w+", match[1].replace(" and ", " "))) <= set(place.names)
    ]
    if not starts:
        return place.lines(" ".join([text, *later]))
    ends = [match.start() for match in starts[1:]] + [len(text)]
    items = [
        f"- **{plain(match[1])}**: {place.lines(text[match.end() : end].strip().rstrip(';'))}"
        for match, end in zip(starts, ends, strict=True)
    ]
    lead = place.lines(text[: starts[0].start()].strip())
    return "\n\n".join(filter(None, [lead, "\n".join(items), *map(place.lines, later)]))


def unwrapped(text: str) -> str:
    """A paragraph's lines as one, except where a line ends before it had to."""
    parts = text.split("\n")
    out = ""
    for line, following in zip(parts, [*parts[1:], ""], strict=True):
        early = following and len(line) + 1 + len(following.split(" ")[0]) < SIDE
        out += line.strip() + ("\n" if early else " ")
    return out.strip()


def plain(text: str) -> str:
    """Text whose signs mean nothing to Markdown; an arrow as one sign, which no line breaks."""
    return re.sub(r"([\\`*_\[\]<>$#{}|~^@])", r"\\\1", text.replace(" -> ", " → "))
