from __future__ import annotations

import platform
import tomllib
from pathlib import Path

import pytest

from neurogate.backends import registry
from neurogate.cli import main

Captured = pytest.CaptureFixture[str]


def test_versions_backends_and_a_self_check_are_told(capsys: Captured) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert platform.python_version() in out
    assert all(f"  {row.name} " in out for row in registry.describe())
    assert "Self check: numba and numpy agree bit for bit." in out


def test_every_extra_is_told_with_what_it_is_for(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, checkout: Path
) -> None:
    offered = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))["project"]
    extras = offered["optional-dependencies"].keys() - {"test", "lint", "docs"}
    installed = {"pandas": "2.2.3", "xarray": "2025.1", "optuna": "4.0", "cupy-cuda12x": "13.1"}
    monkeypatch.setattr("neurogate.cli.doctor._version", installed.get)
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out.partition("\nExtras\n")[2].partition("\n\n")[0].splitlines()
    states = dict(line.split(maxsplit=1) for line in told[::2])
    there = {"tables": "pandas 2.2.3, xarray 2025.1", "tune": "optuna 4.0", "cuda": "cupy-cuda12x 13.1"}
    missing = {name: f'not there: pip install "neurogate[{name}]"' for name in extras - there.keys()}
    assert states == {**there, **missing}
    assert all(line.startswith(" " * 16) for line in told[1::2])


def test_half_of_an_extra_is_none(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurogate.cli.doctor._version", {"pandas": "2.2.3"}.get)
    assert main(["doctor"]) == 0
    assert '  tables        not there: pip install "neurogate[tables]"\n' in capsys.readouterr().out


def test_what_is_missing_is_told_with_what_to_install(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = registry.importlib.util.find_spec
    monkeypatch.setattr(
        registry.importlib.util, "find_spec", lambda name: None if name == "numba" else found(name)
    )
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "cannot run: the library numba is not installed" in out
    assert "pip install numba" in out
    assert "Self check: not done; The backend 'numba' cannot run here" in out
