"""Operations are counted, not timed: what claims to grow with the length does so, and no faster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from neurogate.attention import forms, make
from neurogate.attention.catalogue import CATALOGUE
from neurogate.attention.operators import axis_maps, linear, scaled_dot_product
from tests.attention import standin
from tests.attention.counting import operations, slope
from tests.attention.examples import EXAMPLES

LENGTHS = (128, 256, 512)
LONG = {"based": (1024, 2048, 4096)}  # its chunks are of 256 steps at least on a GPU
LINEAR = [entry.name for entry in CATALOGUE if entry.cost in ("T", "N")]
NEARLY = [entry.name for entry in CATALOGUE if entry.cost == "T log T"]

SETTINGS: Mapping[str, Callable[[int], Mapping[str, Any]]] = {
    "drift_projector": lambda n: {"tokens": n},
    "hyena": lambda n: {"l_max": n},
    "h3": lambda n: {"l_max": n},
    "hyena_mlp": lambda n: {"tokens": n},
    "ninformer": lambda n: {"tokens": n},
    "agent_attention": lambda n: {"columns": n // 2, "class_token": False},
    "agent_windows": lambda n: {"columns": n // 2},
    "scale_discriminator": lambda n: {"width": n},
}
"""What else a layer must be told of the length."""

MORE: Mapping[str, Callable[[int], Mapping[str, Any]]] = {
    "awmoe_gate": lambda n: {"mask": np.arange(n) % 3 > 0},
    "herseg_dla": lambda n: {"grid": (2, n // 2)},
    "vig": lambda n: {"grid": (2, n // 2)},
    "agile3d": lambda n: EXAMPLES["agile3d"].more() | {"coordinates": np.linspace(0, 1, 2 * n).reshape(n, 2)},
}
"""What else its forward must be told."""


@pytest.fixture(autouse=True)
def _as_on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take steps in Python where a GPU has a kernel, and axes one by one, wide ones tap by tap."""
    monkeypatch.setattr(forms, "PAYS", 10**9)
    monkeypatch.setattr(axis_maps, "_FEW", 0)
    monkeypatch.setattr(axis_maps, "_TAP", (2, 2))
    axis_maps._both.cache_clear()
    yield
    axis_maps._both.cache_clear()


def longer(name: str, length: int) -> list[tuple[int, ...]]:
    """Return the shapes of the inputs: sequences of that length, images of it in one direction."""
    shapes, cost = EXAMPLES[name].shapes, next(entry.cost for entry in CATALOGUE if entry.name == name)
    images = cost == "N" and len(shapes[0]) > 3
    old = shapes[0][-1 if images else 1]
    if images:
        return [shape if len(shape) == 2 else (*shape[:-1], shape[-1] * length // old) for shape in shapes]
    return [
        shape if len(shape) == 2 else (shape[0], shape[1] * length // old, *shape[2:]) for shape in shapes
    ]


def counted(name: str, length: int, rng: np.random.Generator) -> int:
    example = EXAMPLES[name]
    layer = make(name, **(example.settings | SETTINGS.get(name, lambda n: {})(length)))
    more = MORE.get(name, lambda n: example.more())(length)
    inputs = [rng.standard_normal(shape) for shape in longer(name, length)]

    def both(more: Any, *inputs: Any) -> None:
        y, cache = layer.forward(*inputs, **more)
        layer.backward(y, cache)

    return operations(both, more, *inputs, layer=layer)


@pytest.mark.parametrize("name", LINEAR)
def test_what_claims_to_grow_with_the_length_does(name: str, rng: np.random.Generator) -> None:
    lengths = LONG.get(name, LENGTHS)
    counts = [counted(name, length, rng) for length in lengths]
    assert slope(lengths, counts) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("name", NEARLY)
def test_what_claims_to_grow_a_little_faster_does(name: str, rng: np.random.Generator) -> None:
    counts = [counted(name, length, rng) for length in LENGTHS]
    assert 0.95 < slope(LENGTHS, counts) < 1.1  # n log n alone has 1.18 here


def test_a_product_counts_its_multiplications() -> None:
    assert operations(lambda x, w: linear.forward(x, w), np.ones((7, 5)), np.ones((3, 5))) == 7 * 5 * 3
    found = operations(
        lambda a, b: standin.cupy.einsum("...ij,jk->...ik", a, b), np.ones((4, 7, 5)), np.ones((5, 3))
    )
    assert found == 4 * 7 * 5 * 3


def test_nothing_is_done_unseen() -> None:
    x = np.ones((4, 5))

    def into(x: Any) -> None:
        y = standin.cupy.empty((4, 5))
        y[:, :3] = x[:, :3]
        standin.cupy.add(x, x, out=y)
        y *= y
        y[[0, 2]].sum()

    assert operations(into, x) == 20 + 12 + 20 + 20 + 10 + 10
    assert operations(lambda x: x.reshape(2, 10).swapaxes(0, 1)[1:], x) == 0


def test_softmax_attention_grows_with_the_square() -> None:
    def attend(q: np.ndarray) -> None:
        scaled_dot_product.forward(q, q, q)

    counts = [operations(attend, np.ones((1, length, 2))) for length in LENGTHS]
    assert slope(LENGTHS, counts) == pytest.approx(2.0, abs=0.05)
