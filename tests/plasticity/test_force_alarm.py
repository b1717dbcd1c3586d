"""FORCE with an alarm: it begins anew where the world has changed, there alone, and as an oracle would."""

from __future__ import annotations

import attrs
import numpy as np

from neurogate.plasticity.change import ChangeDetector
from neurogate.plasticity.episode import Episode
from neurogate.plasticity.force import Force
from neurogate.plasticity.force_alarm import ForceAlarm
from tests.plasticity.episodes import BIN_MS, SHAPE, assert_same, caller, live, make_episode

DTYPE = np.dtype("float64")
NEVER = ChangeDetector(alarm=1e9)
ALERT = ChangeDetector(deaf_trials=5.0, chance=10.0)  # to times alone


def trials(rng: np.random.Generator, switch: int, count: int, replica: int = 0) -> list[Episode]:
    """Return trials with a *when* linear in the traces, which changes in one replica at the switch."""
    old, new = rng.standard_normal((2, SHAPE[0], 1, SHAPE[1]))
    new[np.arange(SHAPE[0]) != replica] = old[np.arange(SHAPE[0]) != replica]
    made = [make_episode(rng, number=i) for i in range(count)]
    return [
        attrs.evolve(
            one,
            target=((old if one.number < switch else new) * one.phasic).sum(-1),
            outcome_ms=np.full(SHAPE[0], 120.0),
            outcome=np.eye(SHAPE[2])[np.zeros(SHAPE[0], int)],
        )
        for one in made
    ]


def test_without_an_alarm_it_is_force(rng: np.random.Generator) -> None:
    episodes = trials(rng, 10, 20)
    found, plain = live(ForceAlarm(detector=NEVER), episodes), live(Force(), episodes)
    assert_same({key: found[key] for key in plain}, plain)


def test_it_begins_anew_after_a_switch_in_the_replica_that_switched(rng: np.random.Generator) -> None:
    rule = ForceAlarm(detector=ALERT, sample_ms=BIN_MS, ridge_when=1e-3)
    episodes = trials(rng, 20, 24)
    before = live(rule, episodes[:20])
    assert before["calm"].tolist() == [20.0, 20.0]
    first = live(rule, episodes[20:21], before)
    assert first["calm"].tolist() == [0.0, 21.0]
    fresh, plain = rule.start(SHAPE, DTYPE), live(attrs.evolve(rule, detector=NEVER), episodes[:21])
    for key in ("when_inverse", "what_inverse"):
        np.testing.assert_array_equal(first[key][0], fresh[key][0])
        np.testing.assert_array_equal(first[key][1], plain[key][1])
    np.testing.assert_array_equal(first["when"], plain["when"])


def test_so_it_learns_the_new_times_and_force_does_not(rng: np.random.Generator) -> None:
    episodes = trials(rng, 40, 44)
    target, x = episodes[-1].target[0], episodes[-1].phasic[0]
    left = {}
    for kind, changed in ((ForceAlarm, {"detector": ALERT}), (Force, {})):
        rule = kind(sample_ms=BIN_MS, ridge_when=1e-3, **changed)
        state = live(rule, episodes)
        left[kind] = np.abs(target - x @ state["when"][0, 0]).mean()
    assert left[ForceAlarm] < 0.01 * left[Force]


def test_trials_in_which_nothing_came_neither_teach_times_nor_tell_of_a_change(
    rng: np.random.Generator,
) -> None:
    rule = ForceAlarm(detector=ALERT, sample_ms=BIN_MS, ridge_when=1e-3)
    episodes = trials(rng, 40, 20)
    before = live(rule, episodes)
    one = episodes[0]
    empty = attrs.evolve(
        one, target=0 * one.target, outcome=0 * one.outcome, outcome_ms=np.nan * one.outcome_ms
    )
    after = live(rule, [empty], before)
    for key in ("when", "when_inverse"):
        np.testing.assert_array_equal(after[key], before[key])
    assert not np.array_equal(live(attrs.evolve(rule, omission=1.0), [empty], before)["when"], before["when"])
    np.testing.assert_array_equal(after["usual"], before["usual"])
    assert (after["evidence"][:, 1] <= before["evidence"][:, 1]).all()


def test_a_trial_of_pieces_is_judged_by_the_weights_from_before_it(rng: np.random.Generator) -> None:
    rule, whole, call = ForceAlarm(sample_ms=BIN_MS, ridge_when=1e-3), trials(rng, 40, 1)[0], caller()
    state = rule.start(SHAPE, DTYPE)
    for part in (slice(20), slice(20, 30), slice(30, None)):
        piece = attrs.evolve(
            whole, bins=whole.bins[part], time_ms=whole.time_ms[part], phasic=whole.phasic[:, part],
            target=whole.target[:, part],
        )  # fmt: skip
        state, _ = rule.online(call, state, piece)
    assert state["when"].any()
    after = rule.offline(call, state, whole)
    inside = (whole.time_ms > rule.start_ms) & (whole.time_ms < rule.stop_ms)
    expected = (whole.target[:, inside] ** 2).mean(axis=1)  # weights were zero
    np.testing.assert_allclose(after["usual"], expected, rtol=1e-12)


def test_omissions_that_teach_a_share_weigh_their_squared_errors_by_it(rng: np.random.Generator) -> None:
    rule = ForceAlarm(sample_ms=BIN_MS, ridge_when=2.0, omission=0.3, detector=NEVER)
    one = make_episode(rng)  # omitted in the last replica
    inside = (one.time_ms > rule.start_ms) & (one.time_ms < rule.stop_ms)
    one = attrs.evolve(one, target=rng.standard_normal(one.target.shape))
    state, readouts = rule.online(caller(), rule.start(SHAPE, DTYPE), one)
    for replica, worth in enumerate((1.0, 0.3)):
        x, d = one.phasic[replica, inside], one.target[replica, inside]
        solved = np.linalg.solve(worth * x.T @ x + 2.0 * np.eye(SHAPE[1]), worth * x.T @ d)
        np.testing.assert_allclose(state["when"][replica, 0], solved, rtol=1e-9)
        assert set(readouts.gate[replica].tolist()) == {0.0, worth}
    wider = Force(sample_ms=BIN_MS, ridge_when=2.0 / 0.3)
    plain, told = wider.online(caller(), wider.start(SHAPE, DTYPE), one)
    np.testing.assert_allclose(state["when"][1], plain["when"][1], rtol=1e-9)
    np.testing.assert_allclose(readouts.when[1], told.when[1], rtol=1e-9)
