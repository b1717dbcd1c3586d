"""Signals have the shapes and periods that their settings say."""

from __future__ import annotations

import numpy as np
import pytest

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
