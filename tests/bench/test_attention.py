"""The benchmark of gated layers gives its rows; a peer that computes something else is found."""

from __future__ import annotations

import importlib.util
import sys
import types
from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.attention.catalogue import layer_class
from neurogate.bench import attention
from neurogate.bench.places import Place, place
from neurogate.bench.torch_given import Case
from tests.attention import standin

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


def test_why_there_is_no_peer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    blind = types.SimpleNamespace(cuda=types.SimpleNamespace(is_available=lambda: False))
    monkeypatch.setitem(sys.modules, "torch", blind)  # type: ignore[arg-type]
    told: list[str] = []
    gpu = Place(np, "cuda", lambda: None, 0.0, 0)
    assert gpu.torch(told.append) is None
    assert place("numba").torch(told.append) is blind
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert gpu.torch(told.append) is None
    assert [said.startswith("attention: no peer, since") for said in told] == [True, True]
    assert ["finds no GPU" in said for said in told] == [True, False]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layers_are_measured_with_parameters_of_the_number_type_that_is_told(dtype: str) -> None:
    layer = attention._made(attention.CASES[0], dtype, place("numba"))
    assert {str(array.dtype) for array in layer.parameters.values()} == {dtype}


def test_growth_has_a_row_for_each_length() -> None:
    rows = list(attention.growth(["feature_selection", "gpsa"], "float64", 2, quiet))
    assert [(row["layer"], row["length"]) for row in rows] == [
        ("feature_selection", 4),
        ("feature_selection", 8),
    ]
    assert all(row.keys() >= ROW and np.isfinite(row["slope"]) for row in rows)


def test_every_case_is_in_the_catalogue() -> None:
    assert all(layer_class(case.layer) for case in attention.CASES)


@pytest.mark.parametrize("case", attention.CASES, ids=lambda case: case.layer)
def test_what_is_measured_has_a_gradient_for_all_that_is_learnt(case: Case) -> None:
    here = place("numba")
    layer = attention._made(case, "float32", here)
    found = attention._ours(layer, attention._drawn(case, 1, 256, "float32", here), "forward+backward")
    assert found.keys() == {"output", "x", *case.moved, *layer.parameters}
    assert all(array.dtype == "float32" and np.isfinite(array).all() for array in found.values())


def test_every_peer_is_the_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed")
    monkeypatch.setattr(attention, "LENGTH", 256)
    for case in attention.CASES:
        attention._agree(case, place("numba"), importlib.import_module("torch"))


class Torch:
    """As much of PyTorch as is asked of a peer that does not use it."""

    def __init__(self) -> None:
        self.devices: set[str] = set()

    def as_tensor(self, array: np.ndarray, device: str) -> Any:
        assert isinstance(array, np.ndarray)
        self.devices.add(device)
        return array.view(Tensor)

    def set_grad_enabled(self, on: bool) -> Any:
        return np.errstate()


class Tensor(np.ndarray):
    grad = None

    def cpu(self) -> Tensor:
        return self

    def numpy(self) -> np.ndarray:
        return np.asarray(self)

    def detach(self) -> Tensor:
        return self

    def requires_grad_(self, on: bool) -> Tensor:
        return self

    def backward(self, dy: Tensor) -> None:
        assert dy.shape == self.shape


def with_peer(peer: Any) -> Case:
    return attrs.evolve(attention.CASES[0], peers={"eager": peer})


def test_a_peer_that_computes_something_else_is_found() -> None:
    with pytest.raises(RuntimeError, match="feature_selection: torch eager has another output; it is not"):
        attention._agree(with_peer(lambda given, x: 2 * x), place("numba"), Torch())


def test_a_peer_with_other_gradients_is_found() -> None:
    here = place("numba")
    case = attention.CASES[0]
    layer = attention._made(case, "float64", here)
    y = layer.forward(attention._drawn(case, 1, 8, "float64", here)["x"])[0].view(Tensor)
    with pytest.raises(RuntimeError, match="feature_selection: torch eager has another x; it is not"):
        attention._agree(with_peer(lambda given, x: y), here, Torch())


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put a stand-in of a GPU where CuPy would find one, and note what it is waited for."""
    noted: list[str] = []
    gpu = types.SimpleNamespace(synchronize=lambda: noted.append("GPU"))
    cupy = standin.installed(monkeypatch)
    monkeypatch.setattr(cupy, "cuda", types.SimpleNamespace(Device=lambda: gpu), raising=False)
    return noted


def test_on_a_gpu_layers_run_on_its_arrays_and_each_run_is_waited_for(waits: list[str]) -> None:
    rows = list(attention.rows(["feature_selection", "gla"], "float32", 1, 2, quiet, "cuda"))
    assert [row["layer"] for row in rows] == ["feature_selection", "feature_selection", "gla", "gla"]
    assert len(waits) == len(rows) * 3
    assert len(list(attention.growth(["feature_selection"], "float32", 1, quiet, "cuda"))) == 2


def test_on_a_gpu_peers_get_our_numbers_there(waits: list[str]) -> None:
    case, torch, there = with_peer(lambda given, x: x + given["gate1"][0]), Torch(), place("cuda")
    layer = attention._made(case, "float32", there)
    inputs = attention._drawn(case, 1, 8, "float32", there)
    peers = attention._peers(torch, case, layer, inputs, "forward", there.device)
    wanted = inputs["x"].get() + layer.parameters["gate1"].get()[0]
    assert np.array_equal(peers["eager"]()["output"], wanted)
    assert torch.devices == {"cuda"}
