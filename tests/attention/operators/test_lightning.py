"""Lightning attention: its tiles, its limits, and its slopes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import lightning
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]
SLOPES = np.array([0.7, 0.05, 0.0])


def drawn(rng: np.random.Generator, length: int = 37) -> list[np.ndarray]:
    return [rng.standard_normal((2, length, 3, width)) for width in (4, 4, 5)]


@pytest.mark.parametrize("block", [1, 7, 64, 37])
def test_the_length_of_tiles_does_not_matter(block: int, rng: np.random.Generator) -> None:
    q, k, v = drawn(rng)
    o, cache = lightning.forward(q, k, v, SLOPES, block=block, form="chunked")
    lag = np.arange(37)[:, None] - np.arange(37)
    weights = np.where(lag >= 0, np.exp(-SLOPES[:, None, None] * lag), 0)
    wanted = np.einsum("bthk,bshk,hts,bshv->bthv", q, k, weights, v)
    assert np.allclose(o, wanted, rtol=NEAR, atol=NEAR)
    do = rng.standard_normal(o.shape)
    dq, dk, dv, _ = lightning.backward(do, cache)
    assert np.allclose(dq, np.einsum("bthv,bshk,hts,bshv->bthk", do, k, weights, v), rtol=NEAR, atol=NEAR)
    assert np.allclose(dk, np.einsum("bthk,bthv,hts,bshv->bshk", q, do, weights, v), rtol=NEAR, atol=NEAR)
    assert np.allclose(dv, np.einsum("bthk,bshk,hts,bthv->bshv", q, k, weights, do), rtol=NEAR, atol=NEAR)


@settings(max_examples=20)
@given(
    st.integers(0, 99), st.integers(1, 2), st.integers(1, 9), st.integers(1, 3), st.integers(1, 4),
    st.integers(1, 4), st.integers(1, 11), st.booleans(),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, batch: int, length: int, heads: int, width: int, values: int, block: int, carried: bool
) -> None:
    rng = np.random.default_rng(seed)
    fading = rng.uniform(0.0, 2.0, heads)
    shapes = {"q": (width,), "k": (width,), "v": (values,)}
    arrays = {name: rng.standard_normal((batch, length, heads, *shape)) for name, shape in shapes.items()}
    if carried:
        arrays["state"] = rng.standard_normal((batch, heads, width, values))

    def forward(**changed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        o, cache = lightning.forward(slopes=fading, **changed, block=block)
        return o, cache.state

    o, cache = lightning.forward(slopes=fading, **arrays, block=block)
    dy = rng.standard_normal(o.shape), rng.standard_normal(cache.state.shape)
    found = dict(zip(arrays, lightning.backward(dy[0], cache, dy[1]), strict=False))
    check(rng, forward, arrays, found, dy)


def test_without_decay_it_is_a_cumulative_sum(rng: np.random.Generator) -> None:
    q, k, v = drawn(rng)
    o, _ = lightning.forward(q, k, v, np.zeros(3))
    sums = np.cumsum(k[..., None] * v[..., None, :], axis=1)
    assert np.allclose(o, (q[..., None, :] @ sums)[..., 0, :], rtol=NEAR, atol=NEAR)


def test_the_same_sequence_later_gives_the_same(rng: np.random.Generator) -> None:
    q, k, v = drawn(rng)
    later = [np.concatenate([np.zeros_like(x[:, :5]), x], axis=1) for x in (q, k, v)]
    shifted, _ = lightning.forward(*later, SLOPES, block=8)
    assert np.allclose(shifted[:, 5:], lightning.forward(q, k, v, SLOPES, block=8)[0], rtol=NEAR, atol=NEAR)


@pytest.mark.parametrize("heads", [1, 2, 3, 5, 8, 12, 40])
def test_slopes_fall_within_each_power_of_two_and_are_all_different(heads: int) -> None:
    found = lightning.slopes(heads)
    lower = 1 << (heads.bit_length() - 1)
    assert found.shape == (heads,)
    assert len(set(found)) == heads
    assert (np.diff(found[:lower]) < 0).all()
    assert found[lower - 1] == 2.0**-8


def test_the_deepest_layer_hardly_forgets_and_the_schedules_differ() -> None:
    first, last = (lightning.slopes(4, layer=layer, depth=12) for layer in (0, 11))
    assert np.allclose(last, 1e-5 / (1 + 1e-5) * first, rtol=1e-9)
    linear = lightning.slopes(4, schedule="linear", layer=6, depth=12)
    assert linear.tolist() == [0.0, 1.0, 2.0, 3.0]
    retention = lightning.slopes(2, schedule="retention")
    assert np.allclose(np.exp(-retention), [1 - 2**-5, 1 - 2**-6])
    assert not lightning.slopes(3, schedule="none").any()


def test_what_does_not_fit_is_a_sentence(rng: np.random.Generator) -> None:
    with pytest.raises(RequestError, match=r"slopes \(2,\): slopes must have one number for each head"):
        lightning.forward(*drawn(rng), np.zeros(2))
    with pytest.raises(RequestError, match=r"layer is 3\. Give a whole number from 0 to 2"):
        lightning.slopes(4, layer=3, depth=3)
    with pytest.raises(RequestError, match=r"schedule is 'steep'\. Choose one of alibi, linear"):
        lightning.slopes(4, schedule="steep")  # type: ignore[arg-type]
