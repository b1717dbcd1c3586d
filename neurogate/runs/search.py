"""A search: which settings are searched, within what bounds, for the best value of which metric.

Here live the question and what is wrong with it, said before anything runs. How it is answered stands in
`neurogate.runs.tune`, where the answers are kept in `neurogate.runs.study`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from neurogate.config import AnySimulation, WaveformSimulation, content_hash, structure, unstructure
from neurogate.config.conditions import condition, meeting
from neurogate.config.draws import Draw, draw
from neurogate.config.problems import nearest
from neurogate.config.sweep import Point, Sweep, points
from neurogate.errors import RequestError
from neurogate.runs.metrics import metrics

__all__ = ["Search", "check_bounds", "search"]

_FORMS = "uniform:low:high, log_uniform:low:high, int_uniform:low:high or choice:value,value"


@attrs.frozen(eq=False)
class Search:
    """A search that makes sense; `search` makes one.

    Parameters
    ----------
    base : mapping
        The simulation that is varied, as plain tables.
    simulation : Simulation or WaveformSimulation
        The same as an object.
    space : mapping of str to Draw
        What is searched: distributions by key path.
    metric : str
        What is judged.
    rule : str
        Whose metric; empty for the first rule of the simulation.
    maximise : bool
        Whether the largest value is wanted, not the smallest.
    seeds : int
        How many seeds each trial is run with, the same ones in every trial.
    where : tuple of str
        Conditions that a trial must meet.
    seed : int
        What the search itself draws from.
    at_once : int
        How many trials are chosen together, each in ignorance of what becomes of the others.
    """

    base: Mapping[str, Any]
    simulation: AnySimulation
    space: Mapping[str, Draw]
    metric: str
    rule: str
    maximise: bool
    seeds: int
    where: tuple[str, ...]
    seed: int
    at_once: int

    @property
    def backends(self) -> tuple[str, ...]:
        """Every backend that a trial may ask for."""
        drawn = self.space.get("run.backend")
        return (self.simulation.run.backend,) if drawn is None else tuple(drawn.numbers)

    def identity(self) -> dict[str, Any]:
        """Return everything that the choice of trials depends on, in JSON's words."""
        return {
            "simulation": content_hash(self.simulation),
            "space": {key: {drawn.kind: list(drawn.numbers)} for key, drawn in self.space.items()},
            "metric": self.metric,
            "rule": self.rule,
            "maximise": self.maximise,
            "seeds": self.seeds,
            "where": list(self.where),
            "seed": self.seed,
            "at_once": self.at_once,
        }

    def folder(self, out: Path) -> Path:
        """Return where the search is kept below `out`; its name stands for all that it depends on."""
        digest = hashlib.sha256(json.dumps(self.identity()).encode()).hexdigest()
        return out / f"{self.simulation.name}-tune-{digest[:12]}"

    def points(self, changes: Mapping[str, Any]) -> tuple[Point, ...]:
        """Return the runs of a trial, one for each seed.

        Parameters
        ----------
        changes : mapping
            Values by key path.

        Raises
        ------
        RequestError
            If settings do not go together, or the conditions are not met.
        """
        chosen = {key: (value,) for key, value in changes.items()}
        return points(Sweep(zip=chosen, seeds=self.seeds, where=self.where), self.base)


def search(
    base: Mapping[str, Any],
    sweep: Sweep,
    metric: str,
    *,
    rule: str = "",
    maximise: bool | None = None,
    at_once: int = 8,
) -> Search:
    """Put a question, or say all that is wrong with it.

    Parameters
    ----------
    base : mapping
        The simulation as plain tables, as for `neurogate.config.sweep.points`.
    sweep : Sweep
        Its ``random`` keys are searched, with its ``seeds``, ``where`` and ``sample_seed``; the rest of it is
        passed over.
    metric : str
    rule : str
        Whose metric; by default that of the first rule.
    maximise : bool, optional
        By default what is better for the metric, if either is.
    at_once : int
        How many trials are chosen together.

    Raises
    ------
    RequestError
        With one sentence for each mistake.

    Examples
    --------
    >>> sweep = Sweep(random={"reservoir.gain": {"uniform": [0.5, 2.0]}}, samples=1, seeds=3)
    >>> asked = search({"name": "mine"}, sweep, "probability_r")
    >>> asked.maximise, asked.folder(Path("runs")).name[:10]
    (True, 'mine-tune-')
    >>> search({}, sweep, "timing_eror_ms")
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: There is no metric timing_eror_ms. Did you mean timing_error_ms?
    """
    simulation = structure(base)
    space = {key: draw(key, sweep.random[key]) for key in sorted(sweep.random)}
    problems = [*_space(space), *_metric(simulation, metric, maximise), *_rule(simulation, rule)]
    if at_once < 1:
        problems.append(f"at_once is {at_once}; it must be at least 1.")
    if problems:
        raise RequestError(problems)
    check_bounds(sweep, base)
    return Search(
        base=base,
        simulation=simulation,
        space=space,
        metric=metric,
        rule="" if rule == _rules(simulation)[0] else rule,
        maximise=metrics(simulation)[metric] == "higher" if maximise is None else maximise,
        seeds=sweep.seeds,
        where=sweep.where,
        seed=sweep.sample_seed,
        at_once=at_once,
    )


def check_bounds(sweep: Sweep, base: Mapping[str, Any]) -> None:
    """Resolve a point at every bound of the random keys, unless the conditions leave it out.

    Parameters
    ----------
    sweep : Sweep
    base : mapping
        The simulation as plain tables.

    Raises
    ------
    RequestError
        With one sentence for each mistake.

    Examples
    --------
    >>> check_bounds(Sweep(random={"reservoir.gain": {"uniform": [-1, 2]}}, samples=1), {})
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: In the point reservoir.gain=-1.0: reservoir.gain is -1.0; it must be ...
    """
    drawn = {key: draw(key, given) for key, given in sorted(sweep.random.items())}
    space = {key: one for key, one in drawn.items() if one.kind != "normal"}
    meets = meeting([condition(text) for text in sweep.where], space, unstructure(structure(base)))
    rows = [row for row in _corners(space) if meets(row)]
    if space and rows:
        points(Sweep(zip={key: tuple(row[key] for row in rows) for key in space}), base)


def _space(space: Mapping[str, Draw]) -> Iterator[str]:
    if not space:
        yield "Nothing is searched; give a key a distribution, as in --draw reservoir.gain=uniform:0.5:2.0."
    for key, drawn in space.items():
        if drawn.kind == "normal":
            yield f"{key} has a normal distribution, which has no bounds; a search needs {_FORMS}."


def _metric(simulation: AnySimulation, metric: str, maximise: bool | None) -> Iterator[str]:
    known = metrics(simulation)
    if metric not in known:
        near = nearest(metric, known)
        yield f"There is no metric {metric}. " + (
            f"Did you mean {near}?" if near else f"There are {', '.join(known)}."
        )
    elif maximise is None and known[metric] == "neither":
        yield f"Of {metric} neither more nor less is better; say --maximise or --minimise."


def _rules(simulation: AnySimulation) -> list[str]:
    if isinstance(simulation, WaveformSimulation):
        return [simulation.rule.kind]
    return list(simulation.rules)


def _rule(simulation: AnySimulation, rule: str) -> Iterator[str]:
    known = _rules(simulation)
    if rule and rule not in known:
        near = nearest(rule, known)
        hint = f"Did you mean {near}?" if near else f"There are {', '.join(known)}."
        yield f"There is no rule {rule}. {hint}"


def _corners(space: Mapping[str, Draw]) -> Iterator[dict[str, Any]]:
    first = {key: drawn.numbers[0] for key, drawn in space.items()}
    yield {key: drawn.numbers[-1] for key, drawn in space.items()}
    for key, drawn in space.items():
        yield from ({**first, key: number} for number in drawn.numbers)
