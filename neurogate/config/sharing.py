"""Many simulations in one session: which can share one, and how they do.

Rules do not act on a network (unless readouts are fed back), and replicas do not act on each other. So
simulations that differ only in their networks, seeds and rules can run as one: each network once, as a
replica, and each rule once, on all replicas. Every simulation gets the bits that it would get alone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import attrs

from neurogate.config import build
from neurogate.config.hashing import canonical
from neurogate.config.schema import AnySimulation, WaveformSimulation
from neurogate.network.reservoir import Reservoir
from neurogate.plasticity.episode import Rule
from neurogate.tasks.parts import Part
from neurogate.tasks.session import Session
from neurogate.tasks.waveform import WaveformSession

__all__ = ["Shared", "batches", "groups", "share"]


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
    keys = [_keys(simulation) for simulation in simulations]
    met: dict[tuple[str, str], set[str]] = defaultdict(set)
    for rest, network, rules in keys:
        met[rest, network].add(rules)
    found: dict[object, list[int]] = defaultdict(list)
    for place, (rest, network, _) in enumerate(keys):
        found[rest, frozenset(met[rest, network])].append(place)
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
    found: list[list[int]] = []
    for group in groups(simulations):
        networks: dict[str, list[int]] = defaultdict(list)
        for place in group:
            networks[_keys(simulations[place])[1]].append(place)
        open_ = False
        for places in networks.values():
            for first in range(0, len(places), size):
                piece = places[first : first + size]
                if open_ and len(found[-1]) + len(piece) <= size:
                    found[-1] += piece
                else:
                    found.append(piece)
                open_ = True
    return found


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
    >>> from neurogate.network.reservoir import ReservoirSpec
    >>> spec = ReservoirSpec(n=20)
    >>> alike = [Simulation(name="mine", reservoir=spec, run=Run(seed=seed)) for seed in (1, 2)]
    >>> (shared,) = share(alike)
    >>> shared.session.seeds, [part.replicas for part in shared.parts]
    ((1, 2), [(0,), (1,)])
    """
    networks: dict[str, Reservoir] = {}
    alike: dict[object, list[int]] = defaultdict(list)
    for place, simulation in enumerate(simulations):
        key = _keys(simulation)[1]
        if key not in networks:
            networks[key] = attrs.evolve(build.reservoir(simulation), threads=threads)
        alike[networks[key].kind].append(place)
    return [_shared(simulations, members, networks) for members in alike.values()]


def _shared(
    simulations: Sequence[AnySimulation], members: Sequence[int], networks: dict[str, Reservoir]
) -> Shared:
    chosen = [simulations[place] for place in members]
    keys = [_keys(simulation)[1] for simulation in chosen]
    first: dict[str, int] = {}
    seeds: list[int] = []
    for simulation, key in zip(chosen, keys, strict=True):
        if key not in first:
            first[key] = len(seeds)
            seeds += build.replica_seeds(simulation)
    whole = Reservoir.joined([networks[key] for key in first])
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


def _keys(simulation: AnySimulation) -> tuple[str, str, str]:
    """Return what must be equal to share a session, what makes the networks, and what makes the rules."""
    tables = canonical(simulation)
    run, reservoir = tables["run"], tables.pop("reservoir")
    network = [reservoir, run.pop("seed"), run.pop("replicas")]
    fixed: list[Any] = [tables, reservoir["n"], reservoir["dt_ms"]]
    rules = None if isinstance(simulation, WaveformSimulation) else tables.pop("rules")
    if rules is not None and simulation.reservoir.inputs.feeds_back:
        fixed.append(rules)
    rest, network_text, rules_text = (json.dumps(part, sort_keys=True) for part in (fixed, network, rules))
    return rest, rest + network_text, rules_text
