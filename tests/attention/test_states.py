"""A state that is given to a layer."""

from __future__ import annotations

import io

import numpy as np
import pytest

from neurogate.attention import make
from neurogate.attention.layers.sliding_window import SlidingWindow, State
from neurogate.attention.states import restored
from neurogate.errors import RequestError

X = np.ones((2, 3, 8), "float32")
NONE = np.zeros((2, 2, 0, 4))
LIKE = State(NONE, NONE, 0)


def test_it_takes_the_number_type_of_the_input() -> None:
    some = np.ones((2, 2, 5, 4))
    found = restored((some, some, 5), LIKE, X)
    assert isinstance(found, State)
    assert [found.keys.dtype, found.values.dtype, found.position] == [np.float32, np.float32, 5]
    assert found.keys.shape == some.shape


def test_what_grows_with_the_past_grows_alike() -> None:
    with pytest.raises(RequestError, match=r"state.keys \(2, 2, 5, 4\), state.values \(2, 2, 4, 4\): they"):
        restored((np.ones((2, 2, 5, 4)), np.ones((2, 2, 4, 4)), 5), LIKE, X)


def test_a_batch_of_another_size_is_a_sentence_even_where_there_is_none() -> None:
    with pytest.raises(RequestError, match=r"state \(2, 1\): state must be \(0, 1\)"):
        restored(np.ones((2, 1)), np.ones((0, 1)), X)


def test_a_state_read_from_a_file_goes_on(rng: np.random.Generator) -> None:
    layer, x = (
        make("sliding_window", d_model=8, heads=2, kv_heads=1, window=3),
        rng.standard_normal((2, 6, 8)),
    )
    assert isinstance(layer, SlidingWindow)
    whole, _ = layer.forward(x)
    _, cache = layer.forward(x[:, :4])
    file = io.BytesIO()
    np.savez(file, **cache.state._asdict())
    file.seek(0)
    y, _ = layer.forward(x[:, 4:], list(np.load(file).values()))
    assert np.allclose(y, whole[:, 4:], rtol=0, atol=1e-12)
