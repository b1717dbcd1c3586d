"""What a kernel sees."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.operators import windows
from neurogate.errors import RequestError
from tests.tolerances import TOLERANCE


def test_each_tap_sees_what_its_place_says(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 3, 7, 5))
    y, cache = windows.forward(x, (3, 2), stride=(2, 1), padding=(1, 0))
    assert y.shape == (2, 3, 6, 4, 4)
    assert cache.places == (4, 4)
    assert np.array_equal(y[:, :, 2 * 2 + 1, 1, 3], x[:, :, 2 * 1 + 2 - 1, 3 + 1])
    assert not y[:, :, :2, 0].any()


def test_the_backward_is_the_adjoint(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 1, 6, 5, 4))
    y, cache = windows.forward(x, (3, 1, 2), stride=(1, 2, 3), padding=(1, 1, 0))
    dy = rng.standard_normal(y.shape)
    assert np.isclose((y * dy).sum(), (x * windows.backward(dy, cache)).sum(),
                      rtol=TOLERANCE["two ways", "float64"])  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "kernel", "more", "told"),
    [
        ((2, 3), 1, {}, r"x \(2, 3\): x must be"),
        ((1, 1, 4), 5, {}, r"x \(1, 1, 4\): a kernel of \(5,\) is larger"),
        ((1, 1, 4), (1, 2), {}, r"kernel is \(1, 2\)\. Give 1 whole number of at least 1"),
        ((1, 1, 4), 2, {"stride": 0}, r"stride is 0\."),
        ((1, 1, 4), 2, {"padding": -1}, r"padding is -1\. Give a whole number of at least 0"),
    ],
)
def test_what_does_not_fit_is_a_sentence(
    shape: tuple[int, ...], kernel: int, more: dict[str, int], told: str
) -> None:
    with pytest.raises(RequestError, match=told):
        windows.forward(np.ones(shape), kernel, **more)
