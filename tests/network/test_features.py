"""What readouts see: moments that add up, traces in units of their scale, and a phasic form of equal gain."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.network.features import Features, Moments, Scaling
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from tests.tolerances import TOLERANCE

B, T, N = 3, 40, 15
CLOSE = {"rtol": 0, "atol": 100 * TOLERANCE["arithmetic", "float64"]}  # traces are of the order of 10


@pytest.fixture
def traces(rng: np.random.Generator) -> np.ndarray:
    """Return traces (B, T, N) in Hz; neuron 0 is silent."""
    drawn = rng.gamma(2.0, 5.0, (B, T, N)) * rng.uniform(0.1, 3, (B, 1, N))
    drawn[..., 0] = 0
    return drawn


def scaling(traces: np.ndarray, features: Features | None = None, dtype: str = "float64") -> Scaling:
    return Scaling.of(features or Features(), Moments.zeros((B, N)).add(traces), dtype)


def test_moments_do_not_hang_on_how_the_traces_were_cut(traces: np.ndarray) -> None:
    whole = Moments.zeros((B, N)).add(traces)
    pieces = Moments.zeros((B, N))
    for piece in np.split(traces, [1, 7, 30], axis=1):
        pieces = pieces.add(piece)
    assert pieces.count == whole.count == T
    np.testing.assert_allclose(pieces.total, whole.total, rtol=TOLERANCE["filter", "float64"])
    np.testing.assert_allclose(pieces.square, whole.square, rtol=TOLERANCE["filter", "float64"])


def test_moments_of_a_replica_are_the_same_alone(traces: np.ndarray) -> None:
    together = Moments.zeros((B, N)).add(traces)
    for b in range(B):
        alone = Moments.zeros((1, N)).add(traces[b : b + 1])
        assert alone.total.tobytes() == together.total[b].tobytes()
        assert alone.square.tobytes() == together.square[b].tobytes()


def test_moments_of_short_numbers_are_summed_in_long_ones(traces: np.ndarray) -> None:
    short = traces.astype(np.float32)
    moments = Moments.zeros((B, N)).add(short)
    np.testing.assert_array_equal(moments.total, short.astype(np.float64).sum(axis=1))
    assert moments.square.dtype == np.float64


def test_without_equal_gain_and_a_filter_when_reads_what_what_reads(traces: np.ndarray) -> None:
    features = Features(phasic_tau_ms=1e15, equal_gain=False)
    reservoir = Reservoir.build(ReservoirSpec(n=N), [1, 2, 3], channels=1, backend="numpy")
    s = scaling(traces, features)
    tonic = s.tonic(traces)
    phasic, _ = s.phasic(reservoir, tonic, np.zeros((B, N)))
    np.testing.assert_allclose(phasic, tonic[..., :-1], **CLOSE)


def test_mean_and_gain_are_the_documented_ones(traces: np.ndarray) -> None:
    s = scaling(traces, Features(rate_scale_hz=10.0))
    np.testing.assert_allclose(s.mean, traces.mean(axis=1), **CLOSE)
    deviation = np.sqrt((traces / 10).var(axis=1) + 0.01)
    expected = np.median(deviation, axis=1, keepdims=True) / deviation
    np.testing.assert_allclose(s.gain, expected, **CLOSE)


def test_a_silent_neuron_has_a_finite_gain(traces: np.ndarray) -> None:
    gain = scaling(traces).gain
    assert np.isfinite(gain).all()
    np.testing.assert_array_equal(gain.argmax(axis=1), 0)


def test_tonic_traces_are_centred_scaled_and_followed_by_the_constant(traces: np.ndarray) -> None:
    tonic = scaling(traces, Features(rate_scale_hz=10.0, constant=2.5)).tonic(traces)
    assert tonic.shape == (B, T, N + 1)
    np.testing.assert_allclose(tonic[..., :-1].mean(axis=1), 0, **CLOSE)
    np.testing.assert_allclose(tonic[..., :-1].std(axis=1), traces.std(axis=1) / 10, **CLOSE)
    assert (tonic[..., -1] == 2.5).all()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_number_type_is_kept(traces: np.ndarray, dtype: str) -> None:
    s = scaling(traces, dtype=dtype)
    assert (s.mean.dtype, s.gain.dtype) == (dtype, dtype)
    assert s.tonic(traces.astype(dtype)).dtype == dtype


@pytest.fixture(scope="module")
def reservoir() -> Reservoir:
    return Reservoir.build(ReservoirSpec(n=N), [1, 2, 3], channels=1, backend="numba", threads=2)


def test_phasic_traces_follow_the_documented_recursion(traces: np.ndarray, reservoir: Reservoir) -> None:
    s = scaling(traces, Features(bin_ms=5.0, phasic_tau_ms=50.0))
    tonic = s.tonic(traces)
    phasic, memory = s.phasic(reservoir, tonic, np.zeros((B, N)))
    m = np.zeros((B, N))
    for t in range(T):
        x = tonic[:, t, :-1]
        m = m + 0.1 * (x - m)
        np.testing.assert_allclose(phasic[:, t], s.gain * (x - m), **CLOSE)
    np.testing.assert_allclose(memory, m, **CLOSE)


def test_phasic_traces_in_pieces_are_those_of_the_whole(traces: np.ndarray, reservoir: Reservoir) -> None:
    s = scaling(traces)
    tonic = s.tonic(traces)
    whole, last = s.phasic(reservoir, tonic, np.zeros((B, N)))
    first, memory = s.phasic(reservoir, tonic[:, :13], np.zeros((B, N)))
    second, memory = s.phasic(reservoir, tonic[:, 13:], memory)
    assert np.concatenate([first, second], axis=1).tobytes() == whole.tobytes()
    assert memory.tobytes() == last.tobytes()


def test_the_filter_is_not_shorter_than_a_bin() -> None:
    with pytest.raises(ValueError, match=r"phasic_tau_ms is 4; it must be at least bin_ms, 5 ms\."):
        Features(bin_ms=5.0, phasic_tau_ms=4.0)
