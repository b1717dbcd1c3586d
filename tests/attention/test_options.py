"""What is given besides arrays is used or told of; `test_misuse` asks all functions for counts and names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from neurogate.attention import make, options
from neurogate.attention.layers.gated_sdpa_checkpoints import from_published
from neurogate.attention.operators import (
    batch_norm,
    delta_rule,
    dropout,
    info_nce,
    l2_norm,
    lightning,
    linear_recurrence,
    mask_sparsity,
    packing,
    regions,
    task_gate,
    window_attention,
    windows,
)
from neurogate.attention.operators.batch_norm import Running
from neurogate.attention.training.language_model import LanguageModel
from neurogate.errors import RequestError
from tests.attention import standin

X = np.ones((1, 2, 1, 1))


def test_whole_numbers_of_numpy_become_those_of_python() -> None:
    for given in (3, np.int8(3), np.uint64(3)):
        found = options.whole_number("chunk", given)
        assert found == 3
        assert type(found) is int
    assert options.whole_numbers("grid", np.array([2, 3]), count=2) == (2, 3)


@pytest.mark.parametrize("bad", [True, np.True_, 1.0, np.float64(1), "1", None, 1j, [1]])
def test_nothing_else_is_a_whole_number(bad: Any) -> None:
    with pytest.raises(RequestError, match=r"^chunk is .+\. Give a whole number of steps, of at least 1\.$"):
        options.whole_number("chunk", bad, of="steps")


class Other(NamedTuple):
    one: int
    two: int


def test_a_tuple_stays_the_one_that_it_is_and_a_list_becomes_one() -> None:
    running = Running(np.zeros(1), np.ones(1))
    assert options.record("running", running, Running) is running
    assert isinstance(options.record("running", list(running), Running), Running)
    with pytest.raises(RequestError, match=r"running is Other of 2\. Give Running\("):
        options.record("running", Other(0, 1), Running)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda: batch_norm.forward(X, axes=[7]), r"axes is 7\. Give a whole number from -4 to 3"),
        (lambda: batch_norm.forward(X, running=X), r"running is ndarray\. Give Running\(mean, variance\)"),
        (lambda: dropout.forward(X, X > 0, rate=1.0), r"rate is 1\.0\. Give a number that is at least 0 and"),
        (lambda: dropout.draw(np.random.default_rng(0), (2,), rate=-0.1), r"rate is -0\.1"),
        (lambda: info_nce.forward(X[0, :, 0], X[0, :, 0], temperature=0), r"temperature is 0\. Give"),
        (lambda: mask_sparsity.forward([]), r"gates is \[\]\. Give a list of some arrays"),
        (lambda: mask_sparsity.forward([X], [X, X]), r"taken is list of 2\. Give a list of 1 arrays"),
        (lambda: packing.packed(X, X), r"where is ndarray\. Give Plan\(source, held, rank, chosen\)"),
        (lambda: window_attention.forward(X[0], X[0], X[0], window=1, held=X[0, :, 0]), "held must be true"),
        (lambda: LanguageModel(make("hyena_y", d_model=4), vocabulary=1.5), r"vocabulary is 1\.5"),
        (lambda: from_published([X], heads=1, kv_heads=1, layout="head"), "tensors is list"),
        (lambda: l2_norm.forward(X, axis=4), r"axis is 4\. Give a whole number from -4 to 3"),
        (lambda: regions.bright(X[0, :, :, 0], most=0), r"most is 0\. Give a whole number of patches"),
        (lambda: task_gate.annealed(2, 2), r"batch is 2\. Give a whole number from 0 to 1"),
        (lambda: task_gate.annealed(0, 2, largest=0), r"largest is 0\. Give a number that is above 0"),
        (lambda: task_gate.compensated(X, X, scale=0), r"scale is 0\. Give a number that is above 0"),
        (lambda: task_gate.forward(X, scale="much"), r"scale is 'much'\. Give a number that is above 0"),
        (lambda: windows.forward(X, (1, 2, 3)), r"kernel is \(1, 2, 3\)\. Give 2 whole numbers of"),
    ],
)  # fmt: skip
def test_what_a_function_cannot_use_is_a_sentence(ask: Callable[[], Any], told: str) -> None:
    with pytest.raises(RequestError, match=told):
        ask()


@pytest.mark.parametrize("form", ["recurrent", "chunked", "compiled"])
def test_a_decay_in_place_of_its_logarithm_is_a_sentence_and_no_decay_is_not(form: Any) -> None:
    with pytest.raises(RequestError, match="g must be at most 0, for it holds logarithms of decays"):
        linear_recurrence.forward(X, X, X, 0.9 * X, form=form)
    with pytest.raises(RequestError, match="g must be at most 0"):
        delta_rule.forward(X, X, X, X[..., 0], 0.9 * X[..., 0], form=form)
    with pytest.raises(RequestError, match="slopes must be at least 0"):
        lightning.forward(X, X, X, np.array([-0.1]), form=form)
    faded, _ = linear_recurrence.forward(X, X, X, 0 * X, form=form)
    assert np.array_equal(faded, linear_recurrence.forward(X, X, X, form=form)[0])


def test_a_gpu_is_not_made_to_wait_for_a_look_at_its_decays(monkeypatch: pytest.MonkeyPatch) -> None:
    away = standin.installed(monkeypatch).asarray(X)
    assert linear_recurrence.forward(away, away, away, away, form="recurrent")[0].shape == X.shape
