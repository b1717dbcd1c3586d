"""Sessions in which no neuron spikes: everything but the spikes is there, with the same bits in any case."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.network.features import Features
from neurogate.network.inputs import RateInputs
from neurogate.network.rate_reservoir import RateReservoir
from neurogate.network.rates import AnyRateSpec, EchoState, Leaky
from neurogate.neurons.distributions import LogUniform, Normal
from neurogate.tasks.record import Record
from neurogate.tasks.session import Session
from tests.tasks.sessions import ONE_RULE, PROBES, RULES, TASK, assert_same, finish, make, stored

TAU = LogUniform(low=5.0, high=200.0)
SPECS: dict[str, AnyRateSpec] = {"echo_state": EchoState(n=30, tau_ms=TAU), "leaky": Leaky(n=30, tau_ms=TAU)}
KINDS = pytest.mark.parametrize("kind", SPECS)


def made(kind: str, seeds: tuple[int, ...] = (3, 4), record: Record | None = None, **options: Any) -> Session:
    chosen = {"dtype": "float64", "backend": "numba"} | options
    reservoir = RateReservoir.build(SPECS[kind], seeds, TASK.cues + len(TASK.outcomes), **chosen)
    return Session(reservoir, Features(phasic_tau_ms=100.0), TASK, RULES, PROBES, seeds, record)


@KINDS
def test_a_result_has_all_but_the_spikes(kind: str) -> None:
    rates, spikes = finish(made(kind)).result(), finish(make()).result()
    missing = {name for name in spikes.arrays if name not in rates.arrays}
    assert missing == {name for name in spikes.arrays if name.startswith(("raster_", "mean_rate"))}
    assert set(rates.metrics["force"]) == set(spikes.metrics["force"]) - {"mean_rate_hz"}
    assert np.isfinite(rates.arrays["force.when"]).all()
    assert rates.arrays["force.when"].std() > 0


@KINDS
def test_a_session_resumes_and_is_taken_apart_with_the_same_bits(kind: str) -> None:
    whole = finish(made(kind)).state()
    half = made(kind)
    while half.position < 5:
        half.advance()
    resumed = made(kind)
    resumed.restore(stored(half.state()))
    assert_same(finish(resumed).state(), whole)
    alone = finish(made(kind).part([1])).state()
    assert_same(
        {key: value for key, value in alone.items() if key.startswith("rule ")},
        {key: value[1:] for key, value in whole.items() if key.startswith("rule ")},
    )


@KINDS
def test_numpy_and_numba_agree_on_every_bit(kind: str) -> None:
    ours, theirs = (finish(made(kind, backend=backend)).state() for backend in ("numba", "numpy"))
    assert_same(ours, theirs)


def test_traces_can_be_recorded_and_readouts_fed_back() -> None:
    spec = EchoState(n=30, tau_ms=TAU, inputs=RateInputs(feedback=Normal(mean=0.0, sd=0.5)))
    channels = TASK.cues + len(TASK.outcomes)
    reservoir = RateReservoir.build(spec, [3], channels, feedback=3, backend="numba")
    record = Record(variables=("trace",), every_ms=10.0)
    session = Session(reservoir, Features(phasic_tau_ms=100.0), TASK, ONE_RULE, PROBES, [3], record)
    assert session.feedback_channels == 3
    trace = finish(session).result().arrays["record.trace"]
    assert trace.shape == (1, 4, 23, 30)
    assert trace.std() > 0
