"""A made-up result with the keys and shapes of a real one."""

from __future__ import annotations

import numpy as np
import pytest

TIME_MS = np.arange(-200.0, 1700.0, 5.0)
LATENCY_MS = np.array([[300, 600, 900, 1200], [600, 300, 1200, 900], [600, 300, 1200, 900]], dtype=float)
GIVEN = np.array([[0.9, 0.0], [0.1, 0.8], [0.5, 0.3], [0.2, 0.6]])
SWITCHED = np.array([[0.2, 0.7], [0.7, 0.2], [0.1, 0.7], [0.6, 0.2]])
PROBABILITY = np.stack([GIVEN, GIVEN, SWITCHED])
BLOCK_START = np.array([0, 320, 560, 800])


def bump(latency_ms: np.ndarray, height: float) -> np.ndarray:
    return height * np.exp(-((TIME_MS - latency_ms[..., None]) ** 2) / (2 * 45.0**2))


def smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], size: float) -> np.ndarray:
    kernel = np.exp(-(np.linspace(-2, 2, 33) ** 2))
    white = rng.standard_normal((*shape, TIME_MS.size + 32))
    smooth = np.apply_along_axis(np.convolve, -1, white, kernel, "valid")
    return size * smooth / smooth.std()


def approach(trial: np.ndarray, values: np.ndarray, tau: float, memory: bool) -> np.ndarray:
    """Let a quantity follow the value of its block, or (memory) the mean over all trials so far."""
    block = np.searchsorted(BLOCK_START, trial, side="right").clip(1, 3) - 1
    if memory:
        seen = np.diff(np.minimum(BLOCK_START[None], trial[:, None] + 1), axis=1)
        return np.einsum("pb,b...->p...", seen / seen.sum(1, keepdims=True), values)
    at = np.zeros((trial.size, *values.shape[1:]))
    for i, b in enumerate(block):
        before = at[i - 1] if i else np.zeros(values.shape[1:])
        step = 1 - np.exp(-(trial[i] - (trial[i - 1] if i else 0)) / tau)
        at[i] = before + step * (values[b] - before)
    return at


def make_result(replicas: int = 1, n: int = 1000, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    trial = np.arange(0, 801, 10)
    kind = (np.arange(n) >= 0.8 * n).astype(int)
    rate = np.where(kind, 14.0, 7.0)[:, None] * (
        1 + 0.8 * np.exp(-(((np.arange(-400, 1800) - 60) / 80.0) ** 2))
    )
    spikes = rng.random((n, 2200)) < rate * rng.gamma(3, 1 / 3, (n, 1)) / 1000
    neuron, step = np.nonzero(spikes)
    arrays: dict[str, np.ndarray] = {
        "probe_time_ms": TIME_MS,
        "probe_trial": trial,
        "block_start": BLOCK_START,
        "block_names": np.array(["acquisition", "times swapped", "odds swapped"]),
        "cue_names": np.array(["A", "B", "C", "D"]),
        "outcome_names": np.array(["X", "Y"]),
        "rule_names": np.array(["three_factor", "force"]),
        "latency_ms": LATENCY_MS,
        "true_probability": PROBABILITY,
        "neuron_type": kind,
        "mean_rate_hz": np.full(replicas, 8.3),
        "raster_cue": np.array(0),
        "raster_time_ms": step - 400.0,
        "raster_neuron": neuron,
        "raster_window_ms": np.array([-400.0, 1800.0]),
    }
    for rule, memory, tau in (("three_factor", False, 50.0), ("force", True, 1.0)):
        own = bump(LATENCY_MS, 0.55 if not memory else 0.42)
        if memory:
            own[1:] = 0.55 * own[[0]] + 0.35 * own[1:]
        arrays[f"{rule}.when"] = own + smooth_noise(rng, (replicas, 3, 4), 0.035)
        learned = approach(trial, PROBABILITY, tau, memory) + 0.03 * rng.standard_normal((replicas, 81, 4, 2))
        arrays[f"{rule}.probability"] = learned
        block = np.searchsorted(BLOCK_START, trial, side="right").clip(1, 3) - 1
        arrays[f"{rule}.probability_error"] = np.abs(learned - PROBABILITY[block]).mean(-1)
        off = np.where((trial > 320) & (trial < (570 if memory else 362)), 290.0, 0.0) + np.where(
            trial < 12, 420, 0
        )
        spread = np.abs(12 + 6 * rng.standard_normal((replicas, 81, 4)))
        arrays[f"{rule}.timing_error_ms"] = off[None, :, None] + spread
        arrays[f"{rule}.peak_ms"] = LATENCY_MS[block] + spread
        single = np.random.default_rng(seed + 1).normal(12.0, 20.0, (replicas, 3, 4, 8))
        arrays[f"{rule}.single_peak_ms"] = LATENCY_MS[..., None] + single
        arrays[f"{rule}.amplitude"] = 0.5 + 0.02 * rng.standard_normal((replicas, 81, 4))
        arrays[f"{rule}.when_weights"] = rng.standard_normal((replicas, n))
        arrays[f"{rule}.what_weights"] = rng.standard_normal((replicas, 2, n + 1))
    return arrays | subspaces(np.random.default_rng(seed + 2), replicas)


def subspaces(rng: np.random.Generator, replicas: int) -> dict[str, np.ndarray]:
    """Return the courses of the subspaces of both rules, and what chance gives."""
    arrays = {}
    for rule in ("three_factor", "force"):
        arrays[f"{rule}.angle_deg"] = rng.uniform(80, 90, (replicas, 81))
        for name in ("when", "what"):
            arrays[f"{rule}.{name}_overlap"] = rng.random((replicas, 81))
    for low, name in ((85, "isotropic"), (75, "leading"), (72, "own_traces"), (50, "covariance")):
        arrays[f"null.{name}_deg"] = rng.uniform(low, 90, (replicas, 200))
    for name, most in (("when_in_what", 1), ("what_in_when", 1), ("angle_deg", 90)):
        arrays[f"activity.{name}"] = rng.uniform(0, most, replicas)
        arrays[f"activity.{name}_null"] = rng.uniform(0, most, (replicas, 200))
    for name, least in (("isotropic", 80), ("shuffled", 0)):
        arrays[f"activity.angle_deg_{name}"] = rng.uniform(least, 90, (replicas, 50))
    return arrays


@pytest.fixture(name="make_result")
def _make_result():
    return make_result


@pytest.fixture
def result() -> dict[str, np.ndarray]:
    return make_result(n=120)
