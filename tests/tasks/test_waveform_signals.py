"""Signals have the shapes and periods that their settings say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.integrate
from scipy.integrate import solve_ivp
from scipy.optimize import OptimizeResult

from neurogate.errors import RequestError
from neurogate.tasks.waveform_metrics import dominant_frequency
from neurogate.tasks.waveform_signals import SIGNALS, Melody, Sawtooth, Signal, Sines, VanDerPol

TIME_MS = np.arange(0.0, 4000.0)


def values(signal: Signal, seed: int = 1) -> np.ndarray:
    return signal.values(TIME_MS, np.random.default_rng(seed))


@pytest.mark.parametrize("cls", SIGNALS.values())
def test_a_signal_has_a_value_for_each_channel_at_each_time(cls: type[Signal]) -> None:
    signal = cls()
    assert values(signal).shape == (4000, len(signal.names))
    assert np.isfinite(values(signal)).all()


def test_a_product_of_sines_is_half_the_difference_of_two_cosines() -> None:
    seconds = TIME_MS / 1000
    expected = 0.5 * (np.cos(2 * np.pi * 2 * seconds) - np.cos(2 * np.pi * 10 * seconds))
    np.testing.assert_allclose(values(Sines(frequencies_hz=(4.0, 6.0)))[:, 0], expected, atol=1e-12)


def test_noise_is_uniform_and_belongs_to_the_seed() -> None:
    noisy, clean = Sines(noise=0.05), Sines()
    added = values(noisy) - values(clean)
    assert added.min() >= 0
    assert added.max() <= 0.05 + 1e-12
    assert added.mean() == pytest.approx(0.025, abs=0.001)
    np.testing.assert_array_equal(values(noisy), values(noisy))
    assert (values(noisy, 2) != values(noisy)).mean() > 0.99


def test_the_sawtooth_climbs_and_falls_at_one_speed() -> None:
    slopes = np.abs(np.diff(values(Sawtooth(frequency_hz=5.0))[:, 0]))
    assert slopes.max() == pytest.approx(2 * np.pi * 5 / 1000, rel=1e-9)
    assert np.median(slopes) == pytest.approx(slopes.max(), rel=1e-9)


def test_a_soft_van_der_pol_oscillator_is_nearly_harmonic() -> None:
    # Period of the textbook oscillator 2 pi (1 + mu^2 / 16), amplitude 2; here time runs 20 times faster per
    # second and space is a tenth.
    settled = values(VanDerPol(mu=0.5))[1000:, 0]
    assert dominant_frequency(settled, 1.0) == pytest.approx(20 / (2 * np.pi * (1 + 0.25 / 16)), rel=0.01)
    assert np.abs(settled).max() == pytest.approx(0.2, rel=0.02)


def test_a_stiff_van_der_pol_oscillator_is_slow_and_jumps() -> None:
    settled = values(VanDerPol(mu=5.0))[1000:, 0]
    assert dominant_frequency(settled, 1.0) == pytest.approx(20 / 11.612, rel=0.03)
    speed = np.abs(np.diff(settled))
    assert speed.max() > 20 * np.median(speed)


@pytest.mark.parametrize("mu", [20.0, 50.0])
def test_a_relaxation_oscillator_has_the_period_of_its_asymptotic_series(mu: float) -> None:
    # Dorodnitsyn's: (3 - 2 log 2) mu + 7.0143 mu^(-1/3), in the time of the textbook.
    settled = values(VanDerPol(mu=mu, speed_hz=200.0))[1000:, 0]
    rises = np.flatnonzero((settled[1:] > 0) & (settled[:-1] <= 0))
    period = 0.2 * np.diff(rises).mean()
    assert period == pytest.approx((3 - 2 * np.log(2)) * mu + 7.0143 * mu ** (-1 / 3), rel=0.01)


@pytest.mark.parametrize("mu", [0.01, 0.5, 5.0, 100.0])
def test_an_oscillator_is_what_another_method_finds(mu: float) -> None:
    speed = 0.02

    def slope(_: float, state: np.ndarray) -> tuple[float, float]:
        x, y = state
        return speed * mu * (x - 100 / 3 * x**3 - y), speed * x / mu

    span = (0.0, TIME_MS[-1])
    found = solve_ivp(slope, span, (0.1, 0.1), "DOP853", TIME_MS, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(values(VanDerPol(mu=mu)), found.y.T, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"mu": 1e6}, "VanDerPol.mu is 1000000.0; it must be from 0.01 to 100."),
        ({"mu": 1e-6}, "VanDerPol.mu is 1e-06; it must be from 0.01 to 100."),
        ({"speed_hz": 1e6}, "VanDerPol.speed_hz is 1000000.0; it must be above 0 Hz and at most 1000 Hz."),
    ],
)
def test_an_oscillator_without_end_is_refused(options: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        VanDerPol(**options)
    assert str(caught.value) == sentence


def test_an_oscillator_that_cannot_be_solved_is_a_mistake_in_the_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stuck(*_: object, **__: object) -> Any:
        return OptimizeResult(success=False, message="Step size became 0.", y=np.zeros((2, 3)))

    monkeypatch.setattr(scipy.integrate, "solve_ivp", stuck)
    with pytest.raises(
        RequestError, match=r"mu = 5 and speed_hz = 20 cannot be solved: Step size became 0\."
    ):
        values(VanDerPol(mu=5.0))


def test_one_note_sounds_at_a_time_and_the_melody_comes_back() -> None:
    sung = values(Melody(notes="EDC-", notes_per_s=4.0))
    assert ((sung > 0).sum(axis=1) <= 1).all()
    assert sung.argmax(axis=1)[[125, 375, 625]].tolist() == [2, 1, 0]
    assert not sung[750:1000].any()
    np.testing.assert_allclose(sung[:1000], sung[1000:2000], atol=1e-9)


@pytest.mark.parametrize("notes", ["", "EH"])
def test_what_is_no_melody_is_refused(notes: str) -> None:
    with pytest.raises(ValueError, match=r"notes is .*; it must be made of the letters C, D, E, F, G and -"):
        Melody(notes=notes)


def test_a_product_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one frequency"):
        Sines(frequencies_hz=())
