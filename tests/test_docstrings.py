"""Every public name says what it is, and names each of its parameters.

Ruff sees that a docstring is there and well formed; here stands what it does not see.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "neurogate").rglob("*.py"))
# A compiled function is its NumPy reference once more, and is described there.
DESCRIBED = [path for path in MODULES if path.parent.name not in ("numba_cpu", "cuda")]
NEEDS_SECTION = 3
"""A function or class with so many parameters describes them in a section of their own; a method may."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def public(body: list[ast.stmt], owner: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """List public functions and classes, methods too, with their dotted names.

    What a backward needs of its forward, its Cache, is for those two alone.
    """
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith(("_", "Cache")):
            yield f"{owner}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{node.name}.")


def arguments(node: Function, *, bound: bool) -> list[str]:
    """List what a caller passes to a function, or to a method that is bound already."""
    given = [*node.args.posonlyargs, *node.args.args][bound:] + node.args.kwonlyargs
    names = [a.arg for a in (*given, node.args.vararg, node.args.kwarg) if a]
    return [name for name in names if not name.startswith("_")]


def fields(node: ast.ClassDef) -> list[ast.AnnAssign]:
    """List the public fields of a class."""
    annotated = [n for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]
    kept = [n for n in annotated if "ClassVar" not in ast.unparse(n.annotation)]
    return [n for n in kept if not ast.unparse(n.target).startswith("_")]


def parameters(name: str, node: Function | ast.ClassDef) -> list[str]:
    """List the parameters of a function, or of what makes an object of a class."""
    if not isinstance(node, ast.ClassDef):
        return arguments(
            node, bound="." in name and "staticmethod" not in map(ast.unparse, node.decorator_list)
        )
    made = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    return arguments(made[0], bound=True) if made else [ast.unparse(field.target) for field in fields(node)]


def described(node: Function | ast.ClassDef, lines: list[str]) -> set[str]:
    """List the names that the Parameters (or Attributes) section describes, or a field's own line."""
    text = ast.get_docstring(node) or ""
    _, _, rest = re.sub(r"^Attributes\n-{10}$", "Parameters\n----------", text, flags=re.MULTILINE).partition(
        "Parameters\n----------\n"
    )
    section = re.split(r"^\S.*\n-{3,}$", rest, maxsplit=1, flags=re.MULTILINE)[0]
    entries = re.findall(r"^\*{0,2}(\w[^:\n]*?) ?(?::.*)?$", section, re.MULTILINE)
    remarked = fields(node) if isinstance(node, ast.ClassDef) else []
    own = {ast.unparse(field.target) for field in remarked if "  # " in lines[field.lineno - 1]}
    return own | {name.strip(" *") for entry in entries for name in entry.split(",")}


def complaints(source: str) -> list[str]:
    """Say of each public name of a module where its parameters and its docstring differ."""
    found, lines = [], source.splitlines()
    for name, node in public(ast.parse(source).body):
        wanted, told = parameters(name, node), described(node, lines)
        if not told and (len(wanted) < NEEDS_SECTION or "." in name):
            continue
        missing, stale = sorted(set(wanted) - told), sorted(told - set(wanted))
        found += [f"{name} does not describe {', '.join(missing)}"] if missing else []
        if stale and not isinstance(node, ast.ClassDef):
            found += [f"{name} describes {', '.join(stale)}, which it does not take"]
    return found


@pytest.mark.parametrize("path", DESCRIBED, ids=lambda p: str(p.relative_to(ROOT)))
def test_docstrings_describe_the_parameters_that_there_are(path: Path) -> None:
    assert complaints(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_says_what_lives_in_it(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


SECTION = (
    '"""Add.\n\n    Parameters\n    ----------\n    {}\n\n    Returns\n    -------\n    sum : float\n    """'
)


@pytest.mark.parametrize(
    ("signature", "docstring", "found"),
    [
        ("def f(a, b)", '"""Add."""', []),
        ("def f(a, b, c)", '"""Add a, b and c."""', ["f does not describe a, b, c"]),
        ("def f(a, b)", SECTION.format("a, b : int\n        Terms."), []),
        ("def f(*args, **rest)", SECTION.format("*args, **rest\n        Terms."), []),
        ("def f(a, b)", SECTION.format("a : int\n        Not b."), ["f does not describe b"]),
        ("def f(a)", SECTION.format("a, b : int"), ["f describes b, which it does not take"]),
        ("def f(cls)", SECTION.format("cls : type"), []),
        ("def _f(a, b, c)", '"""Add."""', []),
    ],
)
def test_a_difference_is_noticed(signature: str, docstring: str, found: list[str]) -> None:
    assert complaints(f"{signature}:\n    {docstring}") == found


def test_fields_of_a_class_are_its_parameters() -> None:
    inside = ["x: int", "y: int  # of the right", "z: int", "_w: int", "kind: ClassVar[str]"]
    source = "\n    ".join(["class C:", '"""Hold three."""', *inside])
    assert complaints(source) == ["C does not describe x, z"]


def test_a_method_need_not_describe_but_may_not_err() -> None:
    head = 'class C:\n    """C."""\n\n    def m(self, a, b, c):\n        '
    assert complaints(head + '"""Add."""') == []
    told = SECTION.format("a, b : int").replace("\n    ", "\n        ")
    assert complaints(head + told) == ["C.m does not describe c"]
