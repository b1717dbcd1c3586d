"""E-prop on the readout: the filter of its eligibility, and the delta rule where there is no filter."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.plasticity.delta import Delta
from neurogate.plasticity.e_prop import EProp
from tests.plasticity.episodes import BIN_MS, SHAPE, caller, live, make_episode

RULE = EProp(start_ms=-1e3, stop_ms=1e3, eta_when=0.3, eta_what=0.2)


def test_without_a_filter_it_is_the_delta_rule(rng: np.random.Generator) -> None:
    episodes = [make_episode(rng, number=n) for n in range(5)]
    delta = live(Delta(eta_when=0.3, eta_what=0.2), episodes)
    for tau_ms in (BIN_MS, 0.1):
        state = live(attrs.evolve(RULE, tau_ms=tau_ms), episodes)
        for key in ("when", "what"):
            np.testing.assert_allclose(state[key], delta[key], rtol=1e-10, atol=1e-13)


def test_weights_move_by_error_times_filtered_trace(rng: np.random.Generator) -> None:
    rule = attrs.evolve(RULE, tau_ms=4 * BIN_MS)
    first, second = (make_episode(rng, number=n) for n in range(2))
    state = live(rule, [first, second])
    w, what, e = np.zeros(SHAPE[1]), np.zeros(SHAPE[1:][::-1] + np.array([0, 1])), np.zeros(SHAPE[1])
    for episode in (first, second):
        for h, d in zip(episode.phasic[0], episode.target[0], strict=True):
            e = e + 0.25 * (h - e)
            w = w + 0.3 * (d - w @ h) * e / (1 + e @ e)
        trace, traces = episode.tonic[0, 0], []
        for x in episode.tonic[0]:
            trace = trace + 0.25 * (x - trace)
            traces.append(trace)
        for bin_ in episode.replay[0]:
            error = episode.outcome[0] - what @ episode.tonic[0, bin_]
            what = what + 0.2 * error[:, None] * traces[bin_] / (1 + traces[bin_] @ traces[bin_])
    np.testing.assert_allclose(state["when"][0, 0], w, rtol=1e-10)
    np.testing.assert_allclose(state["what"][0], what, rtol=1e-10)
    np.testing.assert_allclose(state["eligibility"][0], e, rtol=1e-10)


def test_on_a_still_trace_the_filter_changes_nothing_of_what(rng: np.random.Generator) -> None:
    made = [make_episode(rng, number=n) for n in range(4)]
    episodes = [attrs.evolve(e, tonic=np.broadcast_to(e.tonic[:, :1], e.tonic.shape).copy()) for e in made]
    states = [live(attrs.evolve(RULE, tau_ms=tau_ms), episodes) for tau_ms in (BIN_MS, 500.0)]
    np.testing.assert_allclose(states[0]["what"], states[1]["what"], rtol=1e-9)


def test_outside_its_window_only_the_eligibility_moves(rng: np.random.Generator) -> None:
    rule = attrs.evolve(RULE, start_ms=500.0, stop_ms=600.0)
    start = rule.start(SHAPE, np.dtype("float64"))
    after, readouts = rule.online(caller(), start, make_episode(rng))
    assert not after["when"].any()
    assert after["eligibility"].any()
    assert not readouts.gate.any()


@pytest.mark.parametrize(
    "settings", [{"tau_ms": 0.0}, {"eta_what": 3.0}, {"start_ms": 100.0, "stop_ms": 100.0}], ids=str
)
def test_settings_outside_their_domain_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="; it must be "):
        EProp(**settings)
