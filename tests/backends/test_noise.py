"""Noise: the published generator, the right distributions, and a pure function of who asks and when."""

from __future__ import annotations

import itertools
import statistics

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from neurogate.backends import noise
from neurogate.backends.numba_cpu import noise as compiled_noise
from neurogate.backends.numba_cpu.noise import WORDS, coefficients
from tests.backends.cases import assert_same_bits
from tests.tolerances import TOLERANCE

DTYPES = ["float64", "float32"]
fill_bits = numba.njit(lambda *four: compiled_noise.fill_bits(*four))
add_normals = numba.njit(lambda *four: compiled_noise.add_normals(*four))
poisson_count = numba.njit(compiled_noise.poisson_count.py_func)
SEEDS = st.integers(0, 2**64 - 1)
STEPS = st.one_of(st.integers(0, 2**20), st.integers(2**32 - 3, 2**32 + 3), st.integers(0, 2**63 - 1))
STREAM = st.sampled_from(sorted(noise.STREAMS.values()))
ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((ONES,) * 4, (ONES,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_philox_gives_the_known_answers_of_random123(
    counter: tuple[int, ...], key: tuple[int, int], words: str
) -> None:
    blocks = tuple(np.full(3, word, np.uint32) for word in counter)
    answer = noise.philox(blocks, key)
    assert [" ".join(f"{word[i]:08x}" for word in answer) for i in range(3)] == [words] * 3


def test_seed_step_and_stream_stand_where_they_are_said_to_stand() -> None:
    low, high, step, stream = 0x11111111, 0x22222222, 0x3333333344444444, 2
    counter = tuple(np.array([word], np.uint32) for word in (5, 0x44444444, 0x33333333, stream))
    words = np.concatenate(noise.philox(counter, (low, high)))
    assert_same_bits(noise.random_bits(high << 32 | low, stream, step, 24)[20:], words)


@given(seed=SEEDS, stream=STREAM, step=STEPS, blocks=st.integers(1, 9))
def test_compiled_bits_are_those_of_the_reference(seed: int, stream: int, step: int, blocks: int) -> None:
    bits = np.zeros(blocks * WORDS, np.uint32)
    fill_bits(bits, np.uint64(seed), stream, step)
    assert_same_bits(bits, noise.random_bits(seed, stream, step, blocks * WORDS))


@given(seed=SEEDS, stream=STREAM, step=STEPS, n=st.integers(0, 50), more=st.integers(0, 50))
def test_a_neuron_gets_the_same_bits_in_a_larger_network(
    seed: int, stream: int, step: int, n: int, more: int
) -> None:
    assert_same_bits(
        noise.random_bits(seed, stream, step, n + more)[:n], noise.random_bits(seed, stream, step, n)
    )


def octaves(count: int) -> np.ndarray:
    """Return bits whose magnitude index o lies in each of its 31 octaves, bounds included."""
    rng = np.random.default_rng(31)
    per_octave = [
        np.concatenate([[2**e, 2 ** (e + 1) - 1], rng.integers(2**e, 2 ** (e + 1), count)]) for e in range(31)
    ]
    magnitude = np.concatenate(per_octave).astype(np.uint32)
    return np.concatenate([magnitude, magnitude | np.uint32(1 << 31)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_map_is_the_normal_quantile_in_every_octave(dtype: str) -> None:
    bits = octaves(3000)
    odd = (bits & np.uint32(0x7FFFFFFF)) | np.uint32(1)
    magnitude = -special.ndtri(odd / 2.0**32)
    exact = np.where(bits < 2**31, magnitude, -magnitude)
    z = noise.bits_to_normals(bits, dtype)
    assert z.dtype == dtype
    np.testing.assert_allclose(z, exact, rtol=0, atol=TOLERANCE["normal quantile", dtype])


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_top_bit_is_the_sign_and_nothing_else(dtype: str) -> None:
    bits = octaves(100)
    flipped = noise.bits_to_normals(bits ^ np.uint32(1 << 31), dtype)
    np.testing.assert_array_equal(flipped, -noise.bits_to_normals(bits, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_compiled_normals_have_the_bits_of_the_reference(dtype: str) -> None:
    bits = octaves(16 * WORDS - 2)
    assert_same_noise(bits, noise.bits_to_normals(bits, dtype))


@given(seed=SEEDS, stream=STREAM, step=STEPS, n=st.integers(1, 100), dtype=st.sampled_from(DTYPES))
def test_compiled_noise_is_that_of_the_reference_for_any_number_of_neurons(
    seed: int, stream: int, step: int, n: int, dtype: str
) -> None:
    bits = np.zeros(-(-n // WORDS) * WORDS, np.uint32)
    fill_bits(bits, np.uint64(seed), stream, step)
    assert_same_noise(bits, noise.normals(seed, stream, step, n, dtype))


def assert_same_noise(bits: np.ndarray, normals: np.ndarray) -> None:
    """Add noise to as many of some currents as there are normal numbers, and to no other."""
    dtype, n = normals.dtype, len(normals)
    sd, current = np.random.default_rng(3).random((2, n + 1)).astype(dtype)
    expected = np.append(current[:n] + sd[:n] * normals, current[n:])
    add_normals(current[:n], sd[:n], bits, coefficients(dtype.name))
    assert_same_bits(current, expected)


@pytest.mark.parametrize("nudge", [-2, -1, 1, 2])
def test_the_table_does_not_hang_on_the_last_bits_of_the_logarithm(
    nudge: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = statistics.NormalDist.inv_cdf

    def nudged(self: statistics.NormalDist, p: float) -> float:
        value = exact(self, p)
        return value + nudge * (1 if hash(p) % 2 else -1) * float(np.spacing(value))

    table = noise.normal_table()
    monkeypatch.setattr(statistics.NormalDist, "inv_cdf", nudged)
    np.testing.assert_array_equal(noise.normal_table.__wrapped__(), table)


def many(seed: int, stream: str = "membrane", first: int = 0) -> np.ndarray:
    """Return 400 steps of 1000 normals."""
    code = noise.STREAMS[stream]
    return np.stack([noise.normals(seed, code, first + t, 1000) for t in range(400)])


@pytest.mark.parametrize("seed", [0, 1, 2**63 + 12345])
def test_normals_are_normal(seed: int) -> None:
    z = many(seed).ravel()
    for power, moment, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs(np.mean(z**power) - moment) < 4 * np.sqrt(spread / z.size)
    assert stats.kstest(z, "norm").pvalue > 1e-3


def test_streams_seeds_steps_and_neurons_are_uncorrelated() -> None:
    z, bound = many(5), 4.5 / np.sqrt(400 * 1000)
    others = [many(5, stream) for stream in noise.STREAMS if stream != "membrane"]
    others += [many(6), many(5 + 2**32), many(5, first=400), many(5, first=2**32)]
    others += [np.roll(z, 1, axis=0), *(np.roll(z, k, axis=1) for k in (1, 2, 3, 4))]
    for other in others:
        assert abs(np.mean(z * other)) < bound
        assert abs(np.mean((z**2 - 1) * (other**2 - 1))) / 2 < bound


def test_every_bit_is_set_half_of_the_time() -> None:
    bits = np.concatenate([noise.random_bits(9, 0, t, 1000) for t in range(200)])
    shares = [np.mean(bits >> np.uint32(k) & np.uint32(1)) for k in range(32)]
    assert np.abs(np.array(shares) - 0.5).max() < 4.5 * 0.5 / np.sqrt(bits.size)


def test_uniforms_never_reach_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "random_bits", lambda *_: np.array([0, ONES], np.uint32))
    assert noise.uniforms(0, 0, 0, 2).tolist() == [2.0**-33, 1 - 2.0**-33]


@pytest.mark.parametrize("mean", [1e-4, 0.03, 0.5, 3.0, 20.0])
def test_poisson_counts_are_quantiles_of_the_poisson_distribution(mean: float) -> None:
    means = np.full(20_000, mean)
    counts = noise.poisson_counts(3, 1, 7, means, np.exp(-means))
    np.testing.assert_array_equal(counts, stats.poisson.ppf(noise.uniforms(3, 1, 7, 20_000), mean))


def test_poisson_counts_have_mean_and_variance_in_common() -> None:
    means = np.repeat([0.01, 0.3, 2.0], 100_000)
    counts = noise.poisson_counts(8, 1, 0, means, np.exp(-means)).reshape(3, -1)
    for mean, row in zip((0.01, 0.3, 2.0), counts, strict=True):
        assert abs(row.mean() - mean) < 4.5 * np.sqrt(mean / row.size)
        assert abs(row.var() - mean) < 4.5 * np.sqrt((mean + 2 * mean**2) / row.size)


@given(seed=SEEDS, step=STEPS, data=st.integers(0, 2**32 - 1))
def test_compiled_poisson_counts_are_those_of_the_reference(seed: int, step: int, data: int) -> None:
    mean = np.random.default_rng(data).choice([0, 0.1, 1, 20], 40) * np.random.default_rng(data).random(40)
    none, bits = np.exp(-mean), noise.random_bits(seed, 1, step, 40)
    compiled = [poisson_count(*one) for one in zip(bits, mean, none, strict=True)]
    np.testing.assert_array_equal(compiled, noise.poisson_counts(seed, 1, step, mean, none))


def test_a_number_on_the_edge_belongs_to_the_smaller_count() -> None:
    u = noise.uniforms(3, 1, 7, 50)
    assert not noise.poisson_counts(3, 1, 7, -np.log(u), u).any()
    assert noise.poisson_counts(3, 1, 7, -np.log(u), np.nextafter(u, 0)).all()


def test_a_hopeless_mean_still_ends() -> None:
    assert poisson_count(np.uint32(5), 1e4, 0.0) == 100
    assert noise.poisson_counts(0, 0, 0, np.full(1, 1e4), np.zeros(1)).tolist() == [100]


def test_streams_have_codes_of_their_own() -> None:
    for one, other in itertools.combinations(noise.STREAMS.values(), 2):
        assert one != other
