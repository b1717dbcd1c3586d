"""R4: numbers that stop meaning anything are found at once, in their own run, and in no other."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import attrs
import numba
import numpy as np

from neurogate import config
from neurogate.backends.layout import CHECK_EVERY
from neurogate.backends.numba_cpu.reservoir import _lost
from neurogate.config import shipped
from neurogate.config.build import session
from neurogate.config.sweep import Point, Sweep, points
from neurogate.errors import Outcome, RunDiverged
from neurogate.runs.probe import _short, warm
from neurogate.runs.store import folder_of, load
from neurogate.tasks import session as sessions
from neurogate.tasks import trial as trials
from neurogate.tasks.session import Session
from neurogate.tasks.waveform import WaveformSession
from tests.reliability.tiny import Tell, run, tiny, unlike

NEURONS, REPLICAS, SEEDS = 40, 3, 4
LATEST = 100
"""Steps after which what is wrong must have been found."""

NETWORK_CASES = 9
"""Networks that are harmed by themselves for each that is harmed amid a sweep."""

NAN, INF = float("nan"), float("inf")
HARMS = {
    "v": (0, (NAN,)),  # what is far too high is reset, and what is far too low is so a step later
    "u": (1, (NAN, INF, -INF, 1e30)),
    "synaptic current": (2, (NAN, INF, -INF, -1e30)),
}
OF_RATES = {"rate": (0, (NAN, INF, -INF))}
WEIGHTS = (NAN, INF, -INF, 2e6, -1e30)
WAVE = ("reservoir.n=40", "task.duration_ms=3000", "rule.start_ms=200", "rule.stop_ms=400")


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Harm `count` networks and readouts, run whatever ships, and time the looks."""
    rng, seen, flaws = random.Random(1), Counter[str](), list[str]()
    amid, latest = _Amid(folder, rng, seen), list[int]()
    while seen["harmed"] < count:
        is_alone = seen["harmed"] % (NETWORK_CASES + 1) < NETWORK_CASES
        late, found = _alone(rng, seen) if is_alone else amid.harmed()
        seen["harmed"] += 1
        latest.append(late)
        flaws += found
        if seen["harmed"] % 50 == 0:
            tell(f"{seen['harmed']} of {count} harmed, {len(flaws)} flaws")
    flaws += _false_alarms(1 + count // 100, seen)
    return {
        **seen, "steps until it is found, at most": max(latest),
        "cost of looking at a network, per cent": 100 * _cost_of_networks(),
        "cost of looking at weights, per cent": 100 * _cost_of_weights(), "flaws": flaws,
    }  # fmt: skip


@cache
def _small(name: str, seed: int = 1) -> Any:
    """Return a shipped simulation with few neurons and as few trials as there are kinds of them."""
    whole: Any = config.load(name)
    network = attrs.evolve(whole.reservoir, n=NEURONS)
    few = attrs.evolve(whole.run, replicas=REPLICAS, seed=seed, backend="numba")
    return _short(attrs.evolve(whole, reservoir=network, run=few))


@cache
def _network(name: str) -> Any:
    return session(_small(name)).reservoir


def _alone(rng: random.Random, seen: Counter[str]) -> tuple[int, list[str]]:
    """Harm one number of a network at a random step; say how late that was found, and what was wrong."""
    name = rng.choice(shipped.names())
    network, draw = _network(name), np.random.default_rng(rng.randrange(2**32))
    batch, n, channels = network.shape
    inputs = draw.normal(size=(batch, rng.randrange(1, 300), channels))
    state, _ = network.run(network.initial_state(), inputs)
    replica, neuron = rng.randrange(batch), rng.randrange(n)
    what = rng.choice(
        [
            *(HARMS if len(state.values[0]) >= len(HARMS) else OF_RATES),
            *["weights"] * bool(state.feedback.size),
        ]
    )
    state, value = _harm(state, what, replica, neuron, rng)
    seen[f"harmed: {what}"] += 1
    try:
        network.run(state, draw.normal(size=(batch, 2 * LATEST, channels)))
    except RunDiverged as error:
        late = error.step - int(state.step)
        right = [one.replica for one in error.all] == [replica] and 0 < late <= LATEST and error.neuron < n
        return late, [] if right else [f"{name}: {what} of replica {replica} was {value}: {error}"]
    return 0, [f"{name}: {what} was {value}, which nobody found"]


def _harm(state: Any, what: str, replica: int, place: int, rng: random.Random) -> tuple[Any, float]:
    if what == "weights":
        weights, value = state.readout_weights.copy(), rng.choice((NAN, INF, -INF))
        weights[replica, rng.randrange(weights.shape[1]), place] = value
        return state._replace(readout_weights=weights), value
    row, bad = (HARMS | OF_RATES)[what]
    values, value = state.values.copy(), rng.choice(bad)
    values[replica, row, place] = value
    return state._replace(values=values), value


class _Amid:
    """Sweeps in which one run is harmed."""

    def __init__(self, folder: Path, rng: random.Random, seen: Counter[str]) -> None:
        self.folder, self.rng, self.seen = folder, rng, seen
        wave = points(Sweep(seeds=SEEDS), config.unstructure(config.load("nc_sine", WAVE)))
        warm(wave[0].simulation)
        self.sweeps = ((tiny(SEEDS, (1.0,)), Session), (wave, WaveformSession))
        for chosen, _ in self.sweeps:
            run(chosen, folder / "whole")

    def harmed(self) -> tuple[int, list[str]]:
        """Harm one of the runs that share a session; say how late that was found, and what was wrong."""
        (chosen, kind), out = self.rng.choice(self.sweeps), self.folder / "harmed"
        with self._harming(chosen, kind) as harm:
            counts = run(chosen, out)
        bad = next(one for one in chosen if one.simulation.run.seed == harm["seed"])
        self.seen["runs beside one that was harmed"] += len(chosen) - 1
        flaws = unlike(out, self.folder / "whole", [one for one in chosen if one is not bad])
        if counts != {Outcome.DIVERGED: 1, Outcome.DONE: len(chosen) - 1}:
            flaws.append(f"the runs ended as {dict(counts)}")
        stored = load(folder_of(bad.simulation, out))
        told = stored.summary.get("divergence", {"step": 0, "neuron": -1})
        late = told["step"] - harm["step"]
        if (
            stored.outcome is not Outcome.DIVERGED
            or not 0 < late <= LATEST
            or not 0 <= told["neuron"] < NEURONS
        ):
            flaws.append(f"{harm} was told as {told}")
        shutil.rmtree(out)
        return late, flaws

    @contextmanager
    def _harming(self, chosen: tuple[Point, ...], kind: Any) -> Iterator[dict[str, Any]]:
        """Harm a replica before a random trial, or piece, of the first session that comes to it."""
        first = session(chosen[0].simulation)
        places = range(first.before, first.trained) if kind is Session else range(first.total)
        place, row, harm = self.rng.choice(places), self.rng.randrange(len(chosen)), dict[str, Any]()
        advance = kind.advance

        def harmed(session: Any) -> None:
            if session.position == place and not harm:
                harm.update(seed=session.seeds[row], step=int(session.memory.network.step))
                harm.update(what=self._spoil(session, row))
                self.seen[f"harmed amid a sweep: {harm['what']}"] += 1
            advance(session)

        with mock.patch.object(kind, "advance", harmed):
            yield harm

    def _spoil(self, session: Any, row: int) -> str:
        memory, place = session.memory, self.rng.randrange(session.reservoir.shape[1])
        if self.rng.random() < 0.5 or not isinstance(session, Session):
            choices = [*HARMS, *["weights"] * bool(memory.network.feedback.size)]
            what = self.rng.choice(choices)
            memory.network, _ = _harm(memory.network, what, row, place, self.rng)
            return what
        rule, key = self.rng.choice(list(memory.rules)), self.rng.choice(("when", "what"))
        weights = memory.rules[rule][key].copy()
        weights[row, self.rng.randrange(weights.shape[1]), place] = self.rng.choice(WEIGHTS)
        memory.rules[rule] = {**memory.rules[rule], key: weights}
        return f"{key} weights"


def _false_alarms(seeds: int, seen: Counter[str]) -> list[str]:
    """Run everything that ships to its end; say what is taken for a divergence."""
    alarms = []
    for name in shipped.names():
        for seed in range(1, 1 + seeds * REPLICAS, REPLICAS):
            whole = session(_small(name, seed))
            seen["unharmed runs of shipped simulations"] += REPLICAS
            try:
                while not whole.done:
                    whole.advance()
            except RunDiverged as error:
                alarms.append(f"{name} with run.seed {seed}: {error}")
    return alarms


def _cost_of_networks() -> float:
    """Return the time of a look at a network over that of the steps between two looks."""
    network = session(config.load("what_when", ["run.backend=numba"])).reservoir
    state, inputs = network.initial_state(), np.zeros((1, 1000, network.shape[2]))
    network.run(state, inputs)
    step_s = _quickest(lambda: network.run(state, inputs)) / 1000
    v, u, s = (row.copy() for row in state.values[0, :3])
    feedback, fired = state.feedback[0], np.zeros(network.shape[1], np.int32)
    _looks(1, v, u, s, feedback, fired)
    look_s = _quickest(lambda: _looks(1000, v, u, s, feedback, fired)) / 1000
    return look_s / (CHECK_EVERY * step_s)


@numba.njit
def _looks(times: int, v: Any, u: Any, s: Any, feedback: Any, fired: Any) -> int:
    lost = 0
    for _ in range(times):
        lost += _lost(v, u, s, feedback, fired)
    return lost


def _cost_of_weights() -> float:
    """Return the share that looking at weights has in the time of a session's training."""
    whole = session(config.load("what_when", ["run.backend=numba", "task.habituation=1", "task.settling=0"]))
    spent_s = [0.0]
    with (
        mock.patch.object(sessions, "check_weights", _timed(trials.check_weights, spent_s)),
        mock.patch.object(trials, "_broken", _timed(trials._broken, spent_s)),
    ):
        whole.advance()
        whole.advance()
        spent_s[0], began_s = 0.0, time.perf_counter()
        for _ in range(10):
            whole.advance()
    return spent_s[0] / (time.perf_counter() - began_s)


def _timed(work: Callable[..., Any], spent_s: list[float]) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        began_s = time.perf_counter()
        result = work(*arguments)
        spent_s[0] += time.perf_counter() - began_s
        return result

    return timed


def _quickest(work: Callable[[], object]) -> float:
    times = []
    for _ in range(7):
        began_s = time.perf_counter()
        work()
        times.append(time.perf_counter() - began_s)
    return min(times)
