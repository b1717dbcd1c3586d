"""The figure of a taught signal: its panels, and that it takes whatever a run can hold."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.typing import NDArray

from neurogate.plotting.overview import overview, save
from neurogate.plotting.result import is_waveform
from neurogate.plotting.waveform import course, follow, waveform


def arrays(replicas: int = 2, channels: int = 1, *, spikes: int = 50) -> dict[str, NDArray[np.generic]]:
    rng = np.random.default_rng(1)
    time_ms = np.arange(1.0, 3001.0)
    target = np.sin(2 * np.pi * 0.005 * time_ms)[None, :, None] * np.ones((replicas, 1, channels))
    return {
        "sample_ms": time_ms,
        "target": target,
        "readout": target + rng.normal(0, 0.05, target.shape),
        "channel_names": np.array(list("CDEFG")[:channels]),
        "taught_ms": np.array([500.0, 2000.0]),
        "piece_ms": 100.0 * np.arange(1, 31),
        "error": rng.random((replicas, 30)) + 0.01,
        "rate_hz": rng.random((replicas, 30)),
        "weight_norm": rng.random((replicas, 30)),
        "raster_time_ms": rng.uniform(0, 3000, spikes),
        "raster_neuron": rng.integers(0, 20, spikes),
    }


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("replicas", [1, 3])
def test_the_figure_is_180_mm_wide_and_letters_its_panels(replicas: int, channels: int) -> None:
    made = waveform(arrays(replicas, channels))
    assert made.get_figwidth() * 25.4 == pytest.approx(180.0)
    assert [axes.get_title(loc="left") for axes in made.axes] == list("abcdefgh")
    assert plt.get_fignums() == []


def test_the_overview_of_such_a_run_is_this_figure() -> None:
    assert is_waveform(arrays())
    assert [axes.get_title() for axes in overview(arrays()).axes][:2] == [
        "teaching begins",
        "end of teaching",
    ]


def test_the_same_run_gives_the_same_bytes(tmp_path) -> None:  # type: ignore[no-untyped-def]
    first, second = (save(waveform(arrays()), tmp_path / name, "x") for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_readouts_are_drawn_as_they_are_one_above_the_other() -> None:
    target = np.array([[0.0, 0.0], [1.0, 1.0]])
    upper, lower = follow([0.0, 1.0], target + 0.1, target)
    np.testing.assert_allclose(lower.get_ydata(), [0.1, 1.1])
    assert (np.asarray(upper.get_ydata()) > np.asarray(lower.get_ydata()).max() - 1).all()


def test_a_course_is_the_mean_over_replicas() -> None:
    assert course([1.0, 2.0], [[1.0, 2.0], [3.0, 6.0]], "rate").get_ydata().tolist() == [2.0, 4.0]


@pytest.mark.parametrize("taught", [(0.0, 2000.0), (500.0, 2900.0)])
def test_a_run_without_a_while_before_or_with_a_short_one_after_is_drawn(taught: tuple[float, float]) -> None:
    waveform(arrays() | {"taught_ms": np.array(taught)})


def test_a_run_without_spikes_and_with_a_silent_signal_is_drawn() -> None:
    made = arrays(spikes=0)
    waveform(made | {"target": np.zeros_like(made["target"]), "readout": np.zeros_like(made["readout"])})
