"""A trial in one piece or bin by bin: the same numbers, and what the network hears of its readouts when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.errors import RunDiverged
from neurogate.network.recording import Recording
from neurogate.network.reservoir import Reservoir
from tests.tasks.sessions import EVERYTHING, ONE_RULE, TASK, assert_same, finish, make

EVERY_BIN = attrs.evolve(EVERYTHING, neurons=0, every_ms=5.0)
CHANNELS = TASK.cues + len(TASK.outcomes)
BINS = 46


def test_with_weights_of_zero_a_closed_loop_is_an_open_one_to_the_bit() -> None:
    opened = finish(make(rules=ONE_RULE, record=EVERY_BIN))
    closed = finish(make(rules=ONE_RULE, record=EVERY_BIN, feedback=0.0))
    assert closed.feedback_channels == 3
    left, right = opened.result().arrays, closed.result().arrays
    recorded = [key for key in left if key.startswith("record.")]
    assert len(recorded) == 13
    assert_same({key: left[key] for key in recorded}, {key: right[key] for key in recorded})
    np.testing.assert_array_equal(left["three_factor.when"][:, -1], right["three_factor.when"][:, -1])


def test_the_network_hears_the_readouts_of_the_bin_before(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[np.ndarray] = []
    run = Reservoir.run

    def spy(self: Reservoir, state: Any, inputs: np.ndarray, record: Sequence[Recording] = ()) -> Any:
        heard.append(inputs[..., CHANNELS:].copy())
        return run(self, state, inputs, record)

    monkeypatch.setattr(Reservoir, "run", spy)
    session = finish(make(feedback=2.0, record=EVERY_BIN))
    assert not np.concatenate(heard[:3], axis=1).any()
    pieces = heard[3:]
    assert len(pieces) == 11 * BINS
    assert {piece.shape for piece in pieces} == {(2, 5, 3)}
    arrays = session.result().arrays
    when = arrays["record.three_factor.when"].reshape(2, -1)
    what = arrays["record.three_factor.what"].reshape(2, -1, 2)
    for number, piece in enumerate(pieces[1:]):
        np.testing.assert_array_equal(piece, np.repeat(piece[:, :1], 5, axis=1))
        np.testing.assert_array_equal(piece[:, 0, 0], when[:, number])
        np.testing.assert_array_equal(piece[:, 0, 1:], what[:, number])
    assert when.any()
    assert what.any()


def test_feedback_changes_nothing_before_a_readout_could_come_back() -> None:
    certain = tuple(attrs.evolve(block, probability=((1.0, 0.0),) * 2) for block in TASK.blocks)
    task = attrs.evolve(TASK, blocks=certain)
    weak, strong = (make(task=task, feedback=sd, record=EVERY_BIN) for sd in (0.5, 5.0))
    for _ in range(4):
        weak.advance()
        strong.advance()
    one, other = ({key: trials[0] for key, trials in s.memory.kept.items()} for s in (weak, strong))
    # Weights are zero until the first bin of the cue (bin 4) has taught them, so that bin 5 is the first
    # that is read out, and bin 6 the first that hears it.
    for key in ("v", "spikes", "trace", "three_factor.when"):
        np.testing.assert_array_equal(one[key][:, :6], other[key][:, :6], err_msg=key)
    assert not np.array_equal(one["v"][:, 6:], other["v"][:, 6:])
    assert one["three_factor.when"][:, 5].all()
    assert not one["three_factor.when"][:, :5].any()


def test_only_the_final_weights_are_judged_since_probes_belong_to_them() -> None:
    arrays = finish(make(feedback=2.0, record=EVERY_BIN)).result().arrays
    assert arrays["probe_trial"].tolist() == [7]
    assert arrays["three_factor.timing_error_ms"].shape == (2, 1, 2)
    assert np.isnan(arrays["three_factor.when"][:, 0]).all()
    assert np.isfinite(arrays["three_factor.when"][:, 1]).all()
    np.testing.assert_array_equal(
        arrays["three_factor.when_weights"], arrays["record.three_factor.when_weights"][:, -1]
    )


def test_weights_that_explode_in_a_closed_loop_are_noticed_in_the_next_bin() -> None:
    session = make(feedback=0.1)
    for _ in range(4):
        session.advance()
    state = session.state()
    state["rule three_factor/when"][1, 0, 3] = 2e6
    session.restore(state)
    with pytest.raises(RunDiverged) as caught:
        session.advance()
    assert (caught.value.replica, caught.value.neuron) == (1, 3)
    assert caught.value.step == 4 * 230 + 5
