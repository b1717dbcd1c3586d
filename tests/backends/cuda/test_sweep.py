"""Runs of a sweep that go together are one launch for each trial, and store what each alone stores."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path

import pytest

from neurogate import config
from neurogate.backends import registry
from neurogate.backends.cuda import device as devices
from neurogate.config.sweep import Sweep, points
from neurogate.runs.store import folder_of
from neurogate.runs.together import run_together
from tests.backends.cuda.shim import Shim
from tests.reliability.tiny import CHANGES


@pytest.fixture
def shim(library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> Shim:
    shim = Shim(library)
    there = registry.BackendInfo("cuda", available=True, reason="its kernels are built for this CPU")
    monkeypatch.setattr(registry, "_describe", lambda name: there)
    monkeypatch.setattr(devices, "current", lambda: shim)
    return shim


def test_the_batch_of_a_sweep_is_the_launch(shim: Shim, tmp_path: Path) -> None:
    def launches(chosen: Sequence[config.AnySimulation], out: Path) -> int:
        shim.launched.clear()
        assert {str(one.outcome) for one in run_together(chosen, out)} == {"done"}
        return sum(kernel.startswith("reservoir") for kernel in shim.launched)

    base = config.unstructure(config.load("what_when", (*CHANGES, "run.backend=cuda")))
    chosen = [point.simulation for point in points(Sweep(seeds=2), base)]
    alone = [launches([one], tmp_path / "alone") for one in chosen]
    assert alone[0] > 0
    assert launches(chosen, tmp_path / "together") == alone[0]
    for one in chosen:
        folders = (folder_of(one, tmp_path / where) for where in ("alone", "together"))
        first, second = ((folder / "arrays.npz").read_bytes() for folder in folders)
        assert first == second
