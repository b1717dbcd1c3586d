"""The benchmark of gated layers gives its rows; a peer that computes something else is found."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

from neurogate.attention.catalogue import layer_class
from neurogate.bench import attention

ROW = {"layer", "length", "direction", "dtype", "threads", "seconds", "peer", "peer_seconds", "ratio"}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("BATCH", 1), ("LENGTH", 8), ("WIDTH", 16), ("LONG", (4, 8))):
        monkeypatch.setattr(attention, name, value)


def quiet(message: str) -> None:
    pass


def test_each_layer_is_measured_in_both_directions() -> None:
    rows = list(attention.rows(["feature_selection"], "float32", 1, 1, quiet))
    assert {row["direction"] for row in rows} == {"forward", "forward+backward"}
    assert all(row.keys() >= ROW and row["seconds"] > 0 for row in rows)
    if importlib.util.find_spec("torch") is None:
        assert {row["peer"] for row in rows} == {None}


def test_growth_has_a_row_for_each_length() -> None:
    rows = list(attention.growth(["feature_selection"], "float64", 2, quiet))
    assert [row["length"] for row in rows] == [4, 8]
    assert all(row.keys() >= ROW and np.isfinite(row["slope"]) for row in rows)


def test_every_case_is_in_the_catalogue() -> None:
    assert all(layer_class(case.layer) for case in attention.CASES)


def test_a_peer_that_computes_something_else_is_found() -> None:
    class Torch:
        """As much of PyTorch as is asked before anything is measured."""

        def from_numpy(self, array: np.ndarray) -> Any:
            return array

        def no_grad(self) -> Any:
            return np.errstate()

    class Wrong(np.ndarray):
        def numpy(self) -> np.ndarray:
            return self

    case = attention.CASES[0]
    layer = attention.make(case.layer, d_model=16, **case.settings)
    broken = attention.Case(case.layer, case.settings, {"eager": lambda t, p, x, heads: (2 * x).view(Wrong)})
    with pytest.raises(RuntimeError, match="it is not the same layer"):
        attention._peers(Torch(), broken, layer, np.ones((1, 8, 16)), "forward")
