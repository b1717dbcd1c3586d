"""A package imports only from floors below its own; experiments stand on public modules only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]

FLOORS = (
    ("errors", "units", "files"),
    ("backends",),
    ("neurons", "analysis"),
    ("network", "attention"),
    ("plasticity",),
    ("tasks", "scanpath"),
    ("config", "plotting"),
    ("runs", "bench"),
    ("cli",),
    ("__main__",),
)
FLOOR = {package: floor for floor, packages in enumerate(FLOORS, start=1) for package in packages}
LEAVES = ("tests", "experiments", "benchmarks")


class Import(NamedTuple):
    """One imported name: `module` is where it is taken from, `name` what is taken (empty: all of it)."""

    where: str
    module: str
    name: str


def imports(source: str, module: str, *, is_package: bool, file: str = "<source>") -> Iterator[Import]:
    """List the imports of a module, those inside functions and under TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(source, filename=file)):
        where = f"{file}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            yield from (Import(where, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = module.split(".")
            kept = len(parents) - node.level + is_package
            base = ".".join((*parents[:kept], node.module or "")) if node.level else node.module or ""
            yield from (Import(where, base.rstrip("."), alias.name) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (Import(where, str(a.value), "") for a in node.args if isinstance(a, ast.Constant))


def trespasses(found: Import, module: str) -> str | None:
    """Say why a module of neurogate may not have this import, or return None."""
    target = f"{found.module}.{found.name}".rstrip(".").split(".")
    if target[0] in LEAVES:
        return f"{found.where}: {module} imports {target[0]}/, from which nothing may import."
    own = module.split(".")[1:2]
    if target[0] != "neurogate" or target[1:] in ([], ["__version__"]) or target[1:2] == own:
        return None
    if not own:
        return (
            f"{found.where}: the face of the package imports {'.'.join(target)}; it holds the version only."
        )
    here, there = own[0], target[1]
    if there not in FLOOR:
        return f"{found.where}: {module} imports {there}, which stands on no floor; add it to FLOORS."
    if FLOOR[there] < FLOOR[here]:
        return None
    return (
        f"{found.where}: {module} (floor {FLOOR[here]}) imports {'.'.join(target)} (floor {FLOOR[there]}); "
        "a package imports only from floors below its own. Move the code down, or pass the value in."
    )


def modules(folder: str) -> Iterator[tuple[Path, str, bool]]:
    """List the Python files below a folder with their module names."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        yield path, ".".join(parts[:-1] if is_package else parts), is_package


def imports_of(folder: str) -> Iterator[tuple[str, Import]]:
    """List every import below a folder with the module that has it."""
    for path, module, is_package in modules(folder):
        file = str(path.relative_to(ROOT))
        for found in imports(path.read_text("utf-8"), module, is_package=is_package, file=file):
            yield module, found


def defined_names(path: Path) -> set[str]:
    """List the names that a module itself defines at its top level: not those it imports."""
    names: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            names |= {
                n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            }
    return names


def stranger(found: Import) -> str | None:
    """Say why a script may not have this import of neurogate, or return None."""
    if found.module.split(".")[0] != "neurogate":
        return None
    if any(
        part.startswith("_") for part in f"{found.module}.{found.name}".split(".") if part != "__version__"
    ):
        return f"{found.where}: {found.module}.{found.name} is private."
    path = ROOT.joinpath(*found.module.split("."))
    file = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
    submodule = (path / f"{found.name}.py").is_file() or (path / found.name / "__init__.py").is_file()
    if not found.name or submodule or (file.is_file() and found.name in defined_names(file)):
        return None
    return f"{found.where}: {found.module} does not define {found.name}; import it from the module that does."


def test_every_folder_of_the_package_stands_on_a_floor() -> None:
    found = {module.split(".")[1] for _, module, _ in modules("neurogate") if "." in module}
    assert found <= FLOOR.keys(), f"No floor for {sorted(found - FLOOR.keys())}: add them to FLOORS."


def test_imports_go_down() -> None:
    problems = [p for module, found in imports_of("neurogate") if (p := trespasses(found, module))]
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize("folder", ["experiments", "benchmarks"])
def test_scripts_import_public_names_from_where_they_are_defined(folder: str) -> None:
    problems = [p for _, found in imports_of(folder) if (p := stranger(found))]
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize("folder", ["experiments", "benchmarks", "tests"])
def test_nothing_imports_scripts(folder: str) -> None:
    scripts = {"experiments", "benchmarks"} | ({"tests"} - {folder})
    problems = [
        f"{i.where} imports {i.module}." for _, i in imports_of(folder) if i.module.split(".")[0] in scripts
    ]
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize("folder", ["experiments", "benchmarks"])
def test_what_a_script_imports_from_beside_it_is_a_part_that_cannot_be_run(folder: str) -> None:
    beside = {path.stem: path for path, _, _ in modules(folder)}
    imported = {beside[i.module] for _, i in imports_of(folder) if i.module in beside}
    scripts = [path.name for path in imported if "__main__" in path.read_text("utf-8")]
    assert not scripts, f"Scripts that others import: {', '.join(scripts)}."


@pytest.mark.parametrize("folder", ["experiments", "benchmarks"])
def test_a_script_and_its_parts_share_its_name_and_import_no_others_beside_them(folder: str) -> None:
    beside = {path.stem: path.read_text("utf-8") for path, _, _ in modules(folder)}
    scripts = [name for name, source in beside.items() if "__main__" in source]
    strangers = [
        f"{i.where} imports {i.module}, a part of another script."
        for module, i in imports_of(folder)
        if i.module in beside
        and not any(module.split(".")[-1].startswith(s) and i.module.startswith(f"{s}_") for s in scripts)
    ]
    assert not strangers, "\n" + "\n".join(strangers)


def test_contributing_shows_the_same_floors() -> None:
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)
    shown = {package: int(floor) for floor, names in rows for package in re.findall(r"`(\w+)`", names)}
    assert shown == FLOOR


@pytest.mark.parametrize(
    ("source", "module", "why"),
    [
        ("from neurogate.runs import store", "neurogate.config.build", "only from floors below"),
        ("import neurogate.neurons.models", "neurogate.analysis.spikes", "only from floors below"),
        ("def f():\n    from neurogate.cli import main", "neurogate.runs.run", "only from floors below"),
        ("from ..tasks import session", "neurogate.plasticity.rules", "only from floors below"),
        ("from ... import tasks", "neurogate.backends.numba_cpu.step", "only from floors below"),
        ("importlib.import_module('neurogate.cli')", "neurogate.runs.run", "only from floors below"),
        ("from neurogate.sundry import x", "neurogate.cli.run", "stands on no floor"),
        ("from neurogate import *", "neurogate.cli.run", "stands on no floor"),
        ("from neurogate.errors import RunError", "neurogate", "holds the version only"),
        ("import tests.conftest", "neurogate.cli.run", "nothing may import"),
    ],
)
def test_trespass_is_noticed(source: str, module: str, why: str) -> None:
    (found,) = imports(source, module, is_package=False)
    assert why in (trespasses(found, module) or "")


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from neurogate.errors import RunError", "neurogate.backends.registry"),
        ("from neurogate.tasks.what_when import WhatWhen", "neurogate.tasks.session"),
        ("from . import models", "neurogate.neurons.presets"),
        ("import neurogate", "neurogate.cli.run"),
        ("from neurogate import __version__", "neurogate.runs.store"),
        ("import numpy as np", "neurogate.units"),
    ],
)
def test_allowed_imports_pass(source: str, module: str) -> None:
    (found,) = imports(source, module, is_package=False)
    assert trespasses(found, module) is None
