"""Distributions: moments, bounds, and what is said about values and files that will not do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.errors import RequestError
from neurogate.neurons.distributions import (
    Constant,
    Distribution,
    FromFile,
    Gamma,
    LogUniform,
    Normal,
    Uniform,
)

N = 20_000
numbers = st.floats(-1e3, 1e3)
positive = st.floats(1e-3, 1e3)


def draw(distribution: Distribution, seed: int = 0) -> np.ndarray:
    return distribution.sample(np.random.default_rng(seed), N)


def assert_moments(distribution: Distribution, sd: float) -> None:
    """Compare sample and true moments: six standard errors of the mean, and 15 % of the sd."""
    sample = draw(distribution)
    rounding = 1e-9 * (1 + abs(distribution.mean))
    assert sample.shape == (N,)
    assert sample.dtype == np.float64
    assert abs(sample.mean() - distribution.mean) <= 6 * sd / np.sqrt(N) + rounding
    assert abs(sample.std() - sd) <= 0.15 * sd + rounding


@given(value=numbers)
def test_constant_is_its_value_everywhere(value: float) -> None:
    assert np.all(draw(Constant(value=value)) == value)
    assert Constant(value=value).mean == value


@given(low=numbers, width=positive)
def test_uniform_has_the_moments_and_bounds_of_a_uniform(low: float, width: float) -> None:
    distribution = Uniform(low=low, high=low + width)
    assert_moments(distribution, (distribution.high - low) / np.sqrt(12))
    assert low <= draw(distribution).min() <= draw(distribution).max() <= distribution.high


@given(low=positive, ratio=st.floats(1, 1e3))
def test_log_uniform_has_the_moments_and_bounds_of_a_log_uniform(low: float, ratio: float) -> None:
    distribution = LogUniform(low=low, high=low * ratio)
    logs = np.log(draw(distribution) / low)
    width = np.log(distribution.high / low)
    assert abs(logs.mean() - width / 2) <= 6 * width / np.sqrt(12 * N) + 1e-12
    assert abs(logs.std() - width / np.sqrt(12)) <= 0.05 * width + 1e-12
    assert low <= draw(distribution).min() <= draw(distribution).max() <= distribution.high
    assert distribution.mean == pytest.approx(draw(distribution).mean(), rel=0.1)


@given(mean=numbers, sd=positive)
def test_normal_has_its_mean_and_sd(mean: float, sd: float) -> None:
    assert_moments(Normal(mean=mean, sd=sd), sd)


@given(shape=st.floats(0.5, 50), scale=positive)
def test_gamma_has_mean_shape_scale_and_is_never_negative(shape: float, scale: float) -> None:
    assert_moments(Gamma(shape=shape, scale=scale), np.sqrt(shape) * scale)
    assert draw(Gamma(shape=shape, scale=scale)).min() >= 0


@pytest.mark.parametrize(
    "distribution",
    [Uniform(low=1, high=2), LogUniform(low=1, high=2), Normal(mean=1, sd=2), Gamma(shape=1, scale=2)],
)
def test_the_generator_alone_decides_what_is_drawn(distribution: Distribution) -> None:
    np.testing.assert_array_equal(draw(distribution, seed=1), draw(distribution, seed=1))
    assert not np.array_equal(draw(distribution, seed=1), draw(distribution, seed=2))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Constant(value=float("nan")), "Constant.value is nan; it must be"),
        (lambda: Uniform(low=2.0, high=1.0), "Uniform has low 2 above high 1"),
        (lambda: Uniform(low=0.0, high=float("inf")), "Uniform.high is inf"),
        (lambda: LogUniform(low=0.0, high=1.0), "LogUniform.low is 0.0; it must be above 0"),
        (lambda: LogUniform(low=3.0, high=1.0), "LogUniform has low 3 above high 1"),
        (lambda: Normal(mean=0.0, sd=-1.0), "Normal.sd is -1.0; it must be at least 0"),
        (lambda: Gamma(shape=0.0, scale=1.0), "Gamma.shape is 0.0; it must be above 0"),
        (lambda: Gamma(shape=1.0, scale=-1.0), "Gamma.scale is -1.0; it must be above 0"),
    ],
)
def test_values_outside_the_domain_are_refused(make: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_equal_bounds_are_a_constant() -> None:
    assert np.all(draw(Uniform(low=3, high=3)) == 3)
    assert np.all(draw(LogUniform(low=3, high=3)) == 3)
    assert LogUniform(low=3, high=3).mean == 3


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16])
def test_numbers_of_an_npy_file_come_back_in_order(tmp_path: Path, dtype: type) -> None:
    path = tmp_path / "numbers.npy"
    np.save(path, np.array([3, 1, 2], dtype=dtype))
    sample = FromFile(path=str(path)).sample(np.random.default_rng(0), 3)
    assert sample.dtype == np.float64
    assert sample.tolist() == [3, 1, 2]
    assert FromFile(path=str(path)).mean == 2


@pytest.mark.parametrize("text", ["1.5 2e1\n-3\n", "1.5, 20, -3", "1.5\r\n20\r\n-3"])
def test_numbers_of_a_text_file_may_be_separated_as_one_likes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "numbers.txt"
    path.write_text(text, encoding="utf-8", newline="")
    assert FromFile(path=str(path)).sample(np.random.default_rng(0), 3).tolist() == [1.5, 20, -3]


def save_npz(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, a=np.ones(3))


@pytest.mark.parametrize(
    ("name", "write", "said"),
    [
        ("a.npy", lambda p: None, "cannot be read: No such file or directory"),
        ("a.txt", lambda p: p.mkdir(), "cannot be read: Is a directory"),
        ("a.npy", lambda p: np.save(p, np.ones(4)), "holds 4 numbers, but 3 are needed, one for each"),
        ("a.npy", lambda p: np.save(p, np.array([1, np.nan, 2])), "is nan at index 1"),
        ("a.txt", lambda p: p.write_text("1 -inf 2"), "is -inf at index 1"),
        ("a.txt", lambda p: p.write_text(""), "is empty"),
        ("a.npy", lambda p: p.write_bytes(b""), "is not a list of numbers"),
        ("a.npy", lambda p: p.write_bytes(b"\x93NUMPY\x01"), "is not a list of numbers"),
        ("a.npy", lambda p: np.save(p, np.ones((3, 1))), r"its array has shape \(3, 1\), not \(n,\)"),
        ("a.npy", lambda p: np.save(p, np.ones(3, dtype=complex)), "its array holds complex128"),
        ("a.npy", lambda p: np.save(p, np.array(["a", "b", "c"])), "its array holds <U1"),
        ("a.npy", lambda p: np.save(p, np.array([{}], dtype=object)), "is not a list of numbers"),
        ("a.npy", save_npz, "it holds several arrays"),
        ("a.txt", lambda p: p.write_text("1 two 3"), "could not convert string to float: 'two'"),
        ("a.txt", lambda p: p.write_bytes(b"\xff\xfe\x00"), "is not a list of numbers"),
    ],
)
def test_a_file_that_will_not_do_is_refused_in_a_sentence(
    tmp_path: Path, name: str, write: object, said: str
) -> None:
    path = tmp_path / name
    write(path)
    with pytest.raises(RequestError, match=said) as caught:
        FromFile(path=str(path)).sample(np.random.default_rng(0), 3)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith(".")
