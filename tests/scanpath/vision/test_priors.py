"""The centre is likelier than the border; a walk dwells where the map differs."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.vision.priors import centre_bias, graph_based

CLOSE = 1e-9


def test_the_centre_is_highest_and_both_halves_are_alike() -> None:
    prior = centre_bias((5, 9), 0.3)
    assert prior.max() == prior[2, 4] == 1
    np.testing.assert_allclose(prior, prior[::-1, ::-1])
    assert (np.diff(prior[2, 4:]) < 0).all()
    assert (centre_bias((5, 9), 0.6) >= prior).all()
    with pytest.raises(RequestError, match="spreads over 0"):
        centre_bias((5, 9), 0.0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_walk_dwells_where_a_cell_differs(sign: float) -> None:
    plane = np.zeros((9, 12))
    plane[3, 8] = sign
    found = graph_based(plane)
    assert found.sum() == pytest.approx(1)
    assert np.unravel_index(found.argmax(), found.shape) == (3, 8)
    np.testing.assert_allclose(graph_based(5 * plane), found, atol=CLOSE)
    np.testing.assert_allclose(graph_based(plane + 2)[3, 8], found[3, 8], atol=1e-3)


def test_one_cell_is_where_the_walk_is() -> None:
    assert graph_based(np.ones((1, 1))).tolist() == [[1.0]]
