"""What a session carries from trial to trial survives as plain arrays, without pulling in more."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.tasks.memory import Memory
from tests.tasks.sessions import EVERYTHING, assert_same, finish, make, stored


@pytest.fixture(scope="module")
def memory() -> Memory:
    return finish(make(record=EVERYTHING)).memory


def test_a_memory_is_plain_arrays_and_comes_back_from_them(memory: Memory) -> None:
    flat = memory.flat()
    assert all(isinstance(value, np.ndarray) and value.dtype != object for value in flat.values())
    again = Memory.unflat(stored(flat))
    assert_same(again.flat(), flat)
    assert again.position == memory.position
    assert again.network.step == memory.network.step
    assert type(again.moments.count) is int


def test_plain_arrays_are_independent_of_the_memory(memory: Memory) -> None:
    flat = memory.flat()
    before = {key: value.copy() for key, value in flat.items()}
    again = Memory.unflat(flat)
    again.probes["phasic"] += 1
    again.network.values[:] = 0
    again.kept["spikes"][0][:] = 7
    assert_same(flat, before)
    assert_same(memory.flat(), before)


def test_what_is_kept_of_a_few_neurons_does_not_keep_the_others_in_memory(memory: Memory) -> None:
    for name, arrays in memory.kept.items():
        for array in arrays:
            assert array.base is None or array.base.nbytes == array.nbytes, name


def test_probes_are_summed_for_the_cue_that_was_shown() -> None:
    session = make(seeds=(3, 4))
    while session.position <= session.trained:
        session.advance()
    for _ in range(2):
        before = {key: value.copy() for key, value in session.memory.probes.items()}
        cue = session.probe_cues[:, session.position - session.trained]
        session.advance()
        for b in range(2):
            for c in range(2):
                same = np.array_equal(session.memory.probes["tonic"][b, c], before["tonic"][b, c])
                assert same == (c != cue[b])
    assert session.memory.probes["steps"] == 3 * 230


def test_the_raster_is_the_first_probe_of_the_last_cue_of_each_replica() -> None:
    session = make(seeds=(3, 4))
    first = [int(np.flatnonzero(cues == 1)[0]) for cues in session.probe_cues]
    shown: dict[int, np.ndarray] = {}
    while not session.done:
        probe = session.position - session.trained
        assert not session.memory.probes["raster"].any() or probe > min(first)
        session.advance()
        shown |= {b: session.memory.probes["raster"][b].copy() for b in range(2) if first[b] == probe}
    raster = session.memory.probes["raster"]
    assert raster.shape == (2, 230, 30)
    assert set(np.unique(raster).tolist()) == {0, 1}
    for b in range(2):
        assert (raster[b] == shown[b]).all()
