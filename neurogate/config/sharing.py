"""Many simulations in one session: which can share one, and how they do.

Rules do not act on a network (unless readouts are fed back), and replicas do not act on each other. So
simulations that differ only in their networks, seeds and rules can run as one: each network once, as a
replica, and each rule once, on all replicas. Every simulation gets the bits that it would get alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import attrs

from neurogate.config import build
from neurogate.config.hashing import Known, texts
from neurogate.config.schema import AnySimulation, WaveformSimulation
from neurogate.network.rate_reservoir import AnyReservoir
from neurogate.plasticity.episode import Rule
from neurogate.tasks.parts import Part
from neurogate.tasks.session import Session
from neurogate.tasks.waveform import WaveformSession

__all__ = ["Shared", "batches", "groups", "networks", "share"]


@attrs.frozen(eq=False)
class Shared:
    """One session for several simulations.

    Parameters
    ----------
    session : Session or WaveformSession
    members : tuple of int
        Which simulations, by their places in what was asked for.
    parts : tuple of Part
        What of the session belongs to each of them.
    """

    session: Session | WaveformSession
    members: tuple[int, ...]
    parts: tuple[Part, ...]

    def networks(self) -> list[list[int]]:
        """Return which simulations have the same networks, by places in `members`."""
        found: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for place, part in enumerate(self.parts):
            found[part.replicas].append(place)
        return list(found.values())

    def span(self, places: Sequence[int]) -> Part:
        """Return the replicas and rules that some of the simulations need, by places in `members`."""
        parts = [self.parts[place] for place in places]
        rules = sorted({rule for part in parts for rule in part.rules.values()})
        return Part(
            tuple(sorted({b for part in parts for b in part.replicas})), {name: name for name in rules}
        )

    def keeping(self, places: Sequence[int]) -> Shared:
        """Return the same session with some of the simulations, by places in `members`."""
        members, parts = (self.members[k] for k in places), (self.parts[k] for k in places)
        return Shared(self.session, tuple(members), tuple(parts))

    def only(self, places: Sequence[int]) -> Shared:
        """Return a session at its beginning for some of the simulations, by places in `members`."""
        span = self.span(places)
        row = {b: new for new, b in enumerate(span.replicas)}
        parts = (self.parts[place] for place in places)
        moved = tuple(Part(tuple(row[b] for b in part.replicas), part.rules) for part in parts)
        session = self.session.part(span.replicas, span.rules)
        return Shared(session, tuple(self.members[place] for place in places), moved)


def groups(simulations: Sequence[AnySimulation]) -> list[list[int]]:
    """Return which simulations can share a session, by their places, in their order.

    In a group every network meets the rules of every simulation, so that nothing is computed for nobody.

    Parameters
    ----------
    simulations : sequence of Simulation or WaveformSimulation

    Examples
    --------
    >>> from neurogate.config import Run, Simulation
    >>> one, two = (Simulation(name="mine", run=Run(seed=seed)) for seed in (1, 2))
    >>> groups([one, two, attrs.evolve(one, probes=attrs.evolve(one.probes, per_cue=3))])
    [[0, 1], [2]]
    """
    return _groups(_keys(simulations))


def _groups(keys: Sequence[_Key]) -> list[list[int]]:
    met: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        met[key.network].add(key.rules)
    found: dict[object, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        found[key.rest, frozenset(met[key.network])].append(place)
    return list(found.values())


def batches(simulations: Sequence[AnySimulation], most: int, least: int = 1) -> list[list[int]]:
    """Return the groups cut into batches; the simulations of one network stay together if they can.

    Parameters
    ----------
    simulations : sequence of Simulation or WaveformSimulation
    most : int
        Simulations in a batch, at most.
    least : int
        How many batches to make of them at least, so that every worker has one.

    Examples
    --------
    >>> from neurogate.config import Run, Simulation
    >>> batches([Simulation(name="mine", run=Run(seed=seed)) for seed in range(5)], 2)
    [[0, 1], [2, 3], [4]]
    """
    size = max(1, min(most, -(-len(simulations) // least)))
    keys, found = _keys(simulations), list[list[int]]()
    for group in _groups(keys):
        open_ = False
        for places in _networks(keys, group):
            for first in range(0, len(places), size):
                piece = places[first : first + size]
                if open_ and len(found[-1]) + len(piece) <= size:
                    found[-1] += piece
                else:
                    found.append(piece)
                open_ = True
    return found


def networks(simulations: Sequence[AnySimulation]) -> list[list[int]]:
    """Return which simulations have the same networks, by their places.

    Parameters
    ----------
    simulations : sequence of Simulation or WaveformSimulation

    Examples
    --------
    >>> from neurogate.config import Run, Simulation
    >>> networks([Simulation(name="mine", run=Run(seed=seed)) for seed in (1, 2, 1)])
    [[0, 2], [1]]
    """
    return _networks(_keys(simulations), range(len(simulations)))


def _networks(keys: Sequence[_Key], places: Iterable[int]) -> list[list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for place in places:
        found[keys[place].network].append(place)
    return list(found.values())


def share(simulations: Sequence[AnySimulation], threads: int = 1) -> list[Shared]:
    """Make sessions for a group of simulations; more than one only if their networks have unlike parts.

    Parameters
    ----------
    simulations : sequence of Simulation or WaveformSimulation
        One of the `groups`.
    threads : int
        Threads that share out the replicas.

    Raises
    ------
    RequestError
        If something cannot be drawn, or the backend cannot run here.

    Examples
    --------
    >>> from neurogate.config import Run, Simulation
    >>> from neurogate.network.specification import ReservoirSpec
    >>> spec = ReservoirSpec(n=20)
    >>> alike = [Simulation(name="mine", reservoir=spec, run=Run(seed=seed)) for seed in (1, 2)]
    >>> (shared,) = share(alike)
    >>> shared.session.seeds, [part.replicas for part in shared.parts]
    ((1, 2), [(0,), (1,)])
    """
    networks: dict[str, AnyReservoir] = {}
    alike: dict[object, list[int]] = defaultdict(list)
    named = [key.network for key in _keys(simulations)]
    for place, (simulation, name) in enumerate(zip(simulations, named, strict=True)):
        if name not in networks:
            networks[name] = attrs.evolve(build.reservoir(simulation), threads=threads)
        alike[networks[name].kind].append(place)
    return [_shared(simulations, members, named, networks) for members in alike.values()]


def _shared(
    simulations: Sequence[AnySimulation],
    members: Sequence[int],
    named: Sequence[str],
    networks: Mapping[str, AnyReservoir],
) -> Shared:
    chosen, keys = [simulations[place] for place in members], [named[place] for place in members]
    first: dict[str, int] = {}
    seeds: list[int] = []
    for simulation, key in zip(chosen, keys, strict=True):
        if key not in first:
            first[key] = len(seeds)
            seeds += build.replica_seeds(simulation)
    cls: Any = type(networks[keys[0]])
    whole = cls.joined([networks[key] for key in first])
    rules, names = _united(chosen)
    parts = tuple(
        Part(tuple(range(first[key], first[key] + simulation.run.replicas)), named)
        for simulation, key, named in zip(chosen, keys, names, strict=True)
    )
    one = chosen[0]
    if isinstance(one, WaveformSimulation):
        return Shared(WaveformSession(whole, one.task, one.rule, seeds), tuple(members), parts)
    session = Session(whole, one.features, one.task, rules, one.probes, seeds, one.record)
    return Shared(session, tuple(members), parts)


def _united(simulations: Sequence[AnySimulation]) -> tuple[dict[str, Rule], list[dict[str, str]]]:
    """Return every rule once, under a name of its own, and for each simulation its names for them."""
    places: dict[Rule, str] = {}
    for simulation in simulations:
        for rule in _rules(simulation).values():
            places.setdefault(rule, f"rule{len(places)}")
    names = [{name: places[rule] for name, rule in _rules(one).items()} for one in simulations]
    return {name: rule for rule, name in places.items()}, names


def _rules(simulation: AnySimulation) -> dict[str, Rule]:
    return {} if isinstance(simulation, WaveformSimulation) else dict(simulation.rules)


class _Key(NamedTuple):
    """What decides with whom a simulation can share."""

    rest: str  # must be equal to share a session
    network: str  # makes the networks
    rules: str  # makes the rules


def _keys(simulations: Sequence[AnySimulation]) -> list[_Key]:
    known: Known = {}
    return [_key(simulation, known) for simulation in simulations]


def _key(simulation: AnySimulation, known: Known) -> _Key:
    whole, run = texts(simulation, "", known), texts(simulation.run, "run", known)
    del whole["run"]
    network = [whole.pop("reservoir"), run.pop("seed"), run.pop("replicas")]
    rules = "" if isinstance(simulation, WaveformSimulation) else whole.pop("rules")
    fixed = [*whole.items(), *run.items(), simulation.reservoir.n, simulation.reservoir.dt_ms]
    if simulation.reservoir.inputs.feeds_back:
        fixed.append(rules)
    return _Key(repr(fixed), repr([fixed, network]), rules)
