"""What is kept of a trial: which variables, which neurons, which samples."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.tasks.record import LEARNED, SIMULATED, Record, select

BINS, EVERY, STEPS_PER_BIN, NEURONS = 12, 3, 5, 6


def values(rng: np.random.Generator) -> dict[str, np.ndarray]:
    made = {
        name: rng.standard_normal((2, BINS // EVERY, NEURONS))
        for name in ("v", "u", "synaptic_current", "synapse_rise", "trace_rise")
    }
    made |= {name: rng.standard_normal((2, BINS)) for name in ("when", "gate")}
    made["what"] = rng.standard_normal((2, BINS, 2))
    made["trace"] = rng.standard_normal((2, BINS, NEURONS))
    made["spikes"] = rng.integers(0, 2, (2, BINS * STEPS_PER_BIN, NEURONS)).astype(float)
    return made


def test_only_what_was_asked_for_is_kept(rng: np.random.Generator) -> None:
    given = values(rng)
    assert select(Record(), given, BINS, EVERY) == {}
    for name in given:
        assert list(select(Record(variables=(name,)), given, BINS, EVERY)) == [name]


def test_samples_close_at_the_end_of_their_bins(rng: np.random.Generator) -> None:
    given = values(rng)
    kept = select(Record(variables=tuple(given), neurons=0), given, BINS, EVERY)
    for name in ("trace", "when", "what", "gate"):
        np.testing.assert_array_equal(kept[name], given[name][:, [2, 5, 8, 11]])
    for name in ("v", "u", "synaptic_current"):
        np.testing.assert_array_equal(kept[name], given[name])
    assert set(given) == set(SIMULATED) | set(LEARNED) - {"weights"}


@pytest.mark.parametrize("per_sample", [EVERY * STEPS_PER_BIN, EVERY], ids=["steps", "bins"])
def test_spikes_are_counted_over_the_sample_whatever_their_resolution(
    per_sample: int, rng: np.random.Generator
) -> None:
    spikes = rng.integers(0, 3, (2, 4 * per_sample, NEURONS)).astype(float)
    kept = select(Record(variables=("spikes",)), {"spikes": spikes}, BINS, EVERY)["spikes"]
    for sample in range(4):
        counted = spikes[:, sample * per_sample : (sample + 1) * per_sample].sum(axis=1)
        np.testing.assert_array_equal(kept[:, sample], counted)


def test_the_first_neurons_are_kept_and_readouts_have_none(rng: np.random.Generator) -> None:
    given = values(rng)
    kept = select(Record(variables=tuple(given), neurons=4), given, BINS, EVERY)
    for name in SIMULATED:
        assert kept[name].shape == (2, BINS // EVERY, 4)
    np.testing.assert_array_equal(kept["v"], given["v"][..., :4])
    assert kept["what"].shape == (2, BINS // EVERY, 2)


def test_unknown_variables_are_refused() -> None:
    with pytest.raises(ValueError, match='"spikes" or "v"'):
        Record(variables=("spike",))  # type: ignore[arg-type]
