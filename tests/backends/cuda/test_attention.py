"""Every gate with the kernels for rows in it, run on this CPU: the numbers of the array forms."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from neurogate.attention import gpu
from neurogate.attention.blocks import multi_head
from neurogate.attention.catalogue import CATALOGUE
from neurogate.backends.cuda import device as devices
from neurogate.backends.cuda import rows
from neurogate.errors import RequestError
from tests.attention.examples import EXAMPLES, example_layer
from tests.backends.cuda.shim import Shim
from tests.tolerances import TOLERANCE


@pytest.mark.parametrize("name", [entry.name for entry in CATALOGUE])
def test_kernels_give_what_array_forms_give(
    name: str, library: ctypes.CDLL, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    example, layer = EXAMPLES[name], example_layer(name)
    inputs, more = example.inputs(rng, "float64"), example.more()
    y, cache = layer.forward(*inputs, **more)
    dy = rng.standard_normal(y.shape)
    wanted = y, *layer.backward(dy, cache)
    shim = Shim(library, most_threads=4)
    monkeypatch.setattr(devices, "current", lambda: shim)
    monkeypatch.setattr(gpu, "kernels", lambda xp, module: rows if module == "rows" else None)
    y, cache = layer.forward(*inputs, **more)
    found = y, *layer.backward(dy, cache)
    for mine, theirs in zip(_arrays(found), _arrays(wanted), strict=True):
        far = TOLERANCE["two ways", "float64"] * max(1, np.abs(theirs).max(initial=0))
        assert mine.shape == theirs.shape
        assert np.abs(mine - theirs).max(initial=0) <= far


def test_batches_that_disagree_are_a_sentence_before_a_kernel_reads_beyond_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gpu, "kernels", lambda xp, module: rows)
    parameters = multi_head.initial(np.random.default_rng(0), 4)
    one, two = np.ones((1, 5, 4)), np.ones((2, 5, 4))
    with pytest.raises(RequestError, match="the batches must agree"):
        multi_head.forward(one, two, two, parameters, heads=2)


def _arrays(given: object) -> list[np.ndarray]:
    if isinstance(given, dict):
        given = [given[key] for key in sorted(given)]
    return [a for each in given for a in _arrays(each)] if isinstance(given, tuple | list) else [given]
