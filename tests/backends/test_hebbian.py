"""Rivals of the delta rule: both backends agree bit for bit, and follow their equations."""

from __future__ import annotations

import itertools
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.backends import numba_cpu, numpy_reference
from tests.backends.cases import assert_same_bits
from tests.tolerances import TOLERANCE

NAMES = ("filtered_delta", "decaying_hebb", "rewarded_hebb")
EXACT = 50 * TOLERANCE["arithmetic", "float64"]
BOTH = pytest.mark.parametrize(
    "backend", [numpy_reference, numba_cpu], ids=lambda module: module.__name__.rpartition(".")[2]
)
EACH = pytest.mark.parametrize("name", NAMES)


def drawn(
    batch: int = 2, samples: int = 30, readouts: int = 2, n: int = 11, dtype: str = "float64"
) -> dict[str, np.ndarray]:
    """Draw everything that rules learn from; a third of the gates are closed, a third open."""
    rng = np.random.default_rng([batch, samples, readouts, n])
    parts = {
        "weights": rng.standard_normal((batch, readouts, n)),
        "mean": rng.standard_normal(batch),
        "samples": rng.standard_normal((batch, samples, n)),
        "traces": rng.standard_normal((batch, samples, n)),
        "targets": rng.standard_normal((batch, samples, readouts)),
        "noise": rng.standard_normal((batch, samples, readouts)),
        "course": np.clip(rng.uniform(-1, 2, (batch, samples)), 0, 1),
        "rate": rng.uniform(0, 0.1, batch),
    }
    return {key: part.astype(dtype) for key, part in parts.items()}


def learn(backend: ModuleType, name: str, p: dict[str, np.ndarray], **more: Any) -> tuple[np.ndarray, ...]:
    numbers = {"saturation": 0.3, "decay": 0.2, "window": 7.0}
    keys = {
        "filtered_delta": ("weights", "samples", "traces", "targets", "course", "rate"),
        "decaying_hebb": ("weights", "samples", "targets", "course", "rate", "saturation", "decay"),
        "rewarded_hebb": (
            "weights", "mean", "samples", "targets", "noise", "course", "rate", "window",
        ),
    }  # fmt: skip
    given = {**numbers, **p, **{key: value for key, value in more.items() if key != "threads"}}
    threads = more.get("threads", 1)
    found: tuple[np.ndarray, ...] = getattr(backend, name)(*(given[key] for key in keys[name]), threads)
    return found


@settings(max_examples=60)
@given(
    name=st.sampled_from(NAMES),
    batch=st.integers(1, 3),
    samples=st.integers(0, 9),
    readouts=st.integers(1, 3),
    n=st.integers(1, 40),
    dtype=st.sampled_from(["float64", "float32"]),
    saturation=st.sampled_from([0.0, 0.3, 2.0]),
    threads=st.integers(1, 3),
)
def test_backends_agree_bit_for_bit(
    name: str, batch: int, samples: int, readouts: int, n: int, dtype: str, saturation: float, threads: int
) -> None:
    p = drawn(batch, samples, readouts, n, dtype)
    before = {key: array.tobytes() for key, array in p.items()}
    ours = learn(numba_cpu, name, p, saturation=saturation, threads=threads)
    theirs = learn(numpy_reference, name, p, saturation=saturation)
    for mine, reference in zip(ours, theirs, strict=True):
        assert_same_bits(mine, reference)
    assert {key: array.tobytes() for key, array in p.items()} == before


@BOTH
@EACH
def test_arrays_that_are_not_contiguous_are_read_right(backend: ModuleType, name: str) -> None:
    p = drawn()
    wide = {key: np.repeat(p[key], 2, axis=2)[..., ::2] for key in ("samples", "traces", "targets", "noise")}
    for mine, theirs in zip(learn(backend, name, {**p, **wide}), learn(backend, name, p), strict=True):
        assert_same_bits(mine, theirs)


@BOTH
@EACH
def test_a_closed_gate_changes_nothing(backend: ModuleType, name: str) -> None:
    p = drawn()
    weights, *rest = learn(backend, name, {**p, "course": 0 * p["course"]})
    assert_same_bits(weights, p["weights"])
    if name == "rewarded_hebb":
        assert_same_bits(rest[0], p["mean"])
    outputs = rest[1] if name == "rewarded_hebb" else rest[0]
    assert_same_bits(outputs, backend.readout(p["weights"], p["samples"]))


@BOTH
@EACH
@settings(max_examples=15)
@given(cuts=st.lists(st.integers(0, 30), max_size=4))
def test_learning_in_pieces_is_learning_at_once(backend: ModuleType, name: str, cuts: list[int]) -> None:
    p = drawn(dtype="float32")
    whole, *_ = learn(backend, name, p)
    done = p
    for first, last in itertools.pairwise([0, *sorted(cuts), 30]):
        keys = ("samples", "traces", "targets", "noise", "course")
        weights, *rest = learn(backend, name, done | {key: p[key][:, first:last] for key in keys})
        done = {**done, "weights": weights, "mean": rest[0] if name == "rewarded_hebb" else done["mean"]}
    assert_same_bits(done["weights"], whole)


@BOTH
def test_filtered_delta_with_the_traces_as_eligibility_is_the_delta_rule(backend: ModuleType) -> None:
    p = drawn()
    weights, outputs = learn(backend, "filtered_delta", {**p, "traces": p["samples"]})
    keys = ("weights", "samples", "targets", "course", "rate")
    delta = backend.normalised_delta(*(p[key] for key in keys), 0.0)
    np.testing.assert_allclose(weights, delta[0], rtol=0, atol=EXACT)
    np.testing.assert_allclose(outputs, delta[1], rtol=0, atol=EXACT)


@BOTH
def test_filtered_delta_moves_weights_along_the_eligibility(backend: ModuleType) -> None:
    p = drawn(samples=1)
    weights, outputs = learn(backend, "filtered_delta", p)
    e, gate = p["traces"][:, 0], (p["rate"] * p["course"][:, 0])[:, None]
    step = gate * (p["targets"] - outputs)[:, 0] / (1 + (e**2).sum(axis=1))[:, None]
    expected = p["weights"] + step[..., None] * e[:, None]
    np.testing.assert_allclose(weights, expected, rtol=0, atol=EXACT)


@BOTH
@pytest.mark.parametrize("saturation", [0.0, 0.7])
def test_hebb_moves_weights_by_target_times_trace_less_their_decay(
    backend: ModuleType, saturation: float
) -> None:
    p = drawn(samples=9, readouts=3)
    got, outputs, gates = learn(backend, "decaying_hebb", p, saturation=saturation)
    for b in range(2):
        w = p["weights"][b]
        for s in range(9):
            x, d = p["samples"][b, s], p["targets"][b, s]
            np.testing.assert_allclose(outputs[b, s], w @ x, rtol=0, atol=EXACT)
            g = p["course"][b, s] * (np.minimum(1, np.abs(d) / saturation) if saturation else np.ones(3))
            np.testing.assert_allclose(gates[b, s], g, rtol=0, atol=EXACT)
            w = w + p["rate"][b] * g[:, None] * (d[:, None] * x / (1 + x @ x) - 0.2 * w)
        np.testing.assert_allclose(got[b], w, rtol=0, atol=EXACT)


@BOTH
def test_reward_moves_weights_along_the_exploration_that_beat_the_mean(backend: ModuleType) -> None:
    p = drawn(samples=9)
    got, mean, outputs = learn(backend, "rewarded_hebb", p)
    for b in range(2):
        w, usual = p["weights"][b], p["mean"][b]
        for s in range(9):
            x, d, tried, c = (p[key][b, s] for key in ("samples", "targets", "noise", "course"))
            np.testing.assert_allclose(outputs[b, s], w @ x, rtol=0, atol=EXACT * 100)
            better = c * (-((d - tried - w @ x) ** 2).sum() - usual)
            w = w + p["rate"][b] * better * tried[:, None] * x / (1 + x @ x)
            usual = usual + better / 7.0
        np.testing.assert_allclose(got[b], w, rtol=1e-10)
        np.testing.assert_allclose(mean[b], usual, rtol=1e-10)
