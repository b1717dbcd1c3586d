from __future__ import annotations

import platform

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
