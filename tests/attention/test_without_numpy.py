"""Every gate runs on arrays that are not NumPy's, with what CuPy has, and gives the same bits."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import numpy as np
import pytest

from neurogate.attention.catalogue import CATALOGUE
from tests.attention import standin
from tests.attention.examples import EXAMPLES, example_layer

NAMES = [entry.name for entry in CATALOGUE]


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put the stand-in where CuPy would be."""
    return standin.installed(monkeypatch)


@pytest.mark.parametrize("name", NAMES)
def test_a_gate_needs_nothing_that_only_numpy_has(name: str, cupy: Any, rng: np.random.Generator) -> None:
    example, layer = EXAMPLES[name], example_layer(name)
    inputs, more = example.inputs(rng), example.more()
    y, cache = layer.forward(*inputs, **more)
    dx, gradients = layer.backward(np.ones_like(y), cache)
    layer.to(cupy)
    there = {key: cupy.asarray(a) if isinstance(a, np.ndarray) else a for key, a in more.items()}
    y_there, cache = layer.forward(*map(cupy.asarray, inputs), **there)
    dx_there, gradients_there = layer.backward(cupy.ones_like(y_there), cache)
    pairs = [(y_there, y), *((gradients_there[key], gradients[key]) for key in gradients)]
    pairs += zip(*(a if isinstance(a, tuple) else (a,) for a in (dx_there, dx)), strict=True)
    for found, wanted in pairs:
        assert type(found).__module__ == "cupy"
        assert np.allclose(found.get(), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.skipif(importlib.util.find_spec("cupy") is None, reason="CuPy is not installed, so not asked.")
@pytest.mark.parametrize("name", NAMES)
def test_cupy_has_what_a_gate_asks_for(
    name: str, cupy: Any, rng: np.random.Generator, monkeypatch: Any
) -> None:
    standin.ASKED.clear()
    test_a_gate_needs_nothing_that_only_numpy_has(name, cupy, rng)
    monkeypatch.undo()
    assert all(_there(each) for each in standin.ASKED), [e for e in standin.ASKED if not _there(e)]


def _there(name: str) -> bool:
    place, _, what = name.rpartition(".")
    real = importlib.import_module(place if place.startswith("cupyx") else "cupy")
    for part in [*place.split("."), what] if place and not place.startswith("cupyx") else [what]:
        real = getattr(real, part, None)
    return real is not None
