"""Sweeps: one simulation with the values of some keys varied, as an ordered list of resolved configurations.

Here live the settings of a sweep and the points that they stand for. How they are read from a ``[sweep]``
table and a command line is said in `neurogate.config.sweep_table`; how values are written, in `grid` (lists
and ranges), `draws` (random), `columns` (a CSV file) and `conditions` beside it. Points are carried out in
`neurogate.runs`.

A point is known by its configuration alone: neither its hash nor its seed depends on the other points.
"""

from __future__ import annotations

import functools
import itertools
import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import attrs

from neurogate.config.columns import columns
from neurogate.config.conditions import condition, meeting
from neurogate.config.draws import draw
from neurogate.config.family import Family, reseeded
from neurogate.config.grid import MOST, spelt
from neurogate.config.hashing import WITHOUT_EFFECT, Known, content_hash
from neurogate.config.in_vain import in_vain
from neurogate.config.memory import memory_mb
from neurogate.config.paths import respelt
from neurogate.config.problems import Flaw
from neurogate.config.schema import AnySimulation, structure, unstructure
from neurogate.errors import RequestError
from neurogate.units import Domain, Seed, settings, shown

__all__ = ["Axes", "Point", "Sweep", "points"]

_LOG = logging.getLogger(__name__)
_SEED = "run.seed"
_LAST_SEED = 2**63 - 1
_MOST_TOLD = 10
_MOST_SHOWN = 6
_Changes = dict[str, Any]


class Axes(NamedTuple):
    """Keys that are varied together.

    Parameters
    ----------
    source : str
        The setting of the sweep that names them.
    keys : tuple of str
        Key paths.
    rows : sequence of tuple
        Their values, one row for each step.

    Examples
    --------
    >>> Axes("zip", ("reservoir.gain", "reservoir.n"), [(0.5, 1000), (1.0, 500)]).keys
    ('reservoir.gain', 'reservoir.n')
    """

    source: str
    keys: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


def _keyed(table: Any) -> Any:
    """Give the keys of a table of axes their one spelling."""
    return {spelt(key): value for key, value in table.items()} if isinstance(table, Mapping) else table


@settings
class Sweep:
    """What is varied, and how.

    Each combination of values of the grid, a row of zip, a sample, a row of the table and a seed is a point.

    Parameters
    ----------
    grid : mapping of str to list
        Values by key path; each is combined with each of the others, and the last key changes fastest.
    zip : mapping of str to list
        Values by key path, as many for each; the first ones go together, then the second ones, and so on.
    random : mapping of str to table
        Distributions by key path: {uniform = [low, high]}, {log_uniform = [low, high]},
        {normal = [mean, sd]}, {int_uniform = [low, high]} with both bounds, or {choice = [...]}. Here
        `neurogate tune` searches, and a sweep draws samples.
    samples : int
        How many samples of all random keys are drawn.
    sample_seed : int
        Seed of the samples; each depends on this, its key and its number only.
    table : str
        A CSV file: its first line names key paths, and each other line is a row of values.
    seeds : int
        How many seeds each point is run with, counted from run.seed, in steps of run.replicas.
    where : list of str
        Conditions that every point must meet, as "reservoir.gain < 1.5".

    Raises
    ------
    RequestError
        With one sentence for each mistake.

    Examples
    --------
    >>> sweep = Sweep(grid={"reservoir.gain": [0.5, 1.0, 1.5]}, seeds=20, where=["reservoir.gain < 1.2"])
    >>> len(points(sweep, {}))
    40
    """

    grid: Mapping[str, tuple[Any, ...]] = attrs.field(factory=dict, converter=_keyed)
    zip: Mapping[str, tuple[Any, ...]] = attrs.field(factory=dict, converter=_keyed)
    random: Mapping[str, Mapping[str, tuple[Any, ...]]] = attrs.field(factory=dict, converter=_keyed)
    samples: Annotated[int, Domain(0, MOST)] = 0
    sample_seed: Seed = 1
    table: str = ""
    seeds: Annotated[int, Domain(1, MOST)] = 1
    where: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        problems = [*self._empty(), *self._unreadable()]
        problems = problems or list(_clashes(self._named(), self.seeds))
        if problems:
            raise RequestError(problems)

    def axes(self) -> tuple[Axes, ...]:
        """Return what is combined with each other, the seeds apart; the table is read, if there is one.

        Raises
        ------
        RequestError
            If the table cannot be read, or names keys that are varied otherwise.
        """
        table = columns(Path(self.table)) if self.table else {}
        draws = {key: draw(key, given) for key, given in self.random.items()}
        samples = {
            key: [drawn.sample(key, index, self.sample_seed) for index in range(self.samples)]
            for key, drawn in draws.items()
        }
        found = [Axes("grid", (key,), [(value,) for value in values]) for key, values in self.grid.items()]
        together = {"zip": self.zip, "random": samples, "table": table}
        found += [_side_by_side(name, values) for name, values in together.items() if values]
        problems = list(_clashes([(axes.source, key) for axes in found for key in axes.keys], self.seeds))
        if problems:
            raise RequestError(problems)
        return tuple(found)

    def _named(self) -> list[tuple[str, str]]:
        return [(name, key) for name in ("grid", "zip", "random") for key in getattr(self, name)]

    def _empty(self) -> Iterator[str]:
        """Say what gives no values, or not as many as it must."""
        for name in ("grid", "zip"):
            empty = [key for key, values in getattr(self, name).items() if not values]
            yield from (f"{name} gives {key} no value; it must give at least one." for key in empty)
        sizes = {key: len(values) for key, values in self.zip.items()}
        if len(set(sizes.values())) > 1:
            told = ", ".join(f"{key}: {size}" for key, size in sizes.items())
            yield f"zip gives its keys different numbers of values ({told}); it must give all as many."
        if self.random and not self.samples:
            yield "samples is 0, but random draws values; say how many, as in --random 30."
        if self.samples and not self.random:
            given = f"samples is {self.samples}, but random draws nothing"
            yield f"{given}; give a key a distribution, as in --draw reservoir.gain=uniform:0.5:2.0."

    def _unreadable(self) -> Iterator[str]:
        for text in self.where:
            yield from _flaws(condition, text)
        for key, given in self.random.items():
            yield from _flaws(draw, key, given)


def _side_by_side(source: str, values: Mapping[str, Sequence[Any]]) -> Axes:
    return Axes(source, tuple(values), list(zip(*values.values(), strict=True)))


def _flaws(read: Callable[..., object], *given: object) -> Iterator[str]:
    try:
        read(*given)
    except Flaw as flaw:
        yield str(flaw)


def _clashes(named: Sequence[tuple[str, str]], seeds: int) -> Iterator[str]:
    """Say which keys cannot be varied, or not all of them at once."""
    for index, (source, key) in enumerate(named):
        if key in WITHOUT_EFFECT:
            yield f"{key} changes no bit of a run, so it cannot be varied; set it with --set."
        for other_source, other in named[:index]:
            if key == other:
                yield f"{key} is varied by {other_source} and by {source}; leave it to one of them."
            elif key.startswith(f"{other}.") or other.startswith(f"{key}."):
                yield f"{other} ({other_source}) and {key} ({source}) lie one in the other; vary one of them."
        if seeds > 1 and (key == _SEED or _SEED.startswith(f"{key}.")):
            yield f"seeds is {seeds}, but {key} is varied by {source} too; leave one of them out."


@attrs.frozen
class Point:
    """One configuration of a sweep.

    Parameters
    ----------
    changes : mapping of str to value
        What the sweep gives each key path, in the order of its axes; a seed comes last, if it has several.
    simulation : Simulation or WaveformSimulation
        The configuration.
    hash : str
        Its content hash.

    Examples
    --------
    >>> points(Sweep(seeds=2), {})[1].changes
    {'run.seed': 2}
    """

    changes: Mapping[str, Any]
    simulation: AnySimulation
    hash: str

    @functools.cached_property
    def memory_mb(self) -> Mapping[str, float]:
        """Memory that each part of its run takes at its peak, in MB, as in `neurogate.config.memory`."""
        return memory_mb(self.simulation)


def points(sweep: Sweep, base: Mapping[str, Any]) -> tuple[Point, ...]:
    """Resolve every point of a sweep.

    Parameters
    ----------
    sweep : Sweep
        What is varied.
    base : mapping
        The simulation that it is varied in, as plain tables: those of `neurogate.config.loading.read`, or
        those that `neurogate.config.unstructure` makes of an object.

    Returns
    -------
    tuple of Point
        In order: the first axis changes slowest, the seed fastest. Of points with the same hash the first is
        kept. Without any axis there is one point for each seed, also if it is one.

    Raises
    ------
    RequestError
        If a key that changes nothing is varied, no point is left, or a point is mistaken; all points are
        looked at first.

    Examples
    --------
    >>> [point.simulation.reservoir.gain for point in points(Sweep(grid={"reservoir.gain": [1, 2]}), {})]
    [1.0, 2.0]
    """
    axes, defaults = sweep.axes(), unstructure(structure(base))
    _check_size(axes, sweep.seeds)
    values = {key: [row[i] for row in one.rows] for one in axes for i, key in enumerate(one.keys)}
    varied = [*values, _SEED] if sweep.seeds > 1 or not values else list(values)
    meets = meeting([condition(text) for text in sweep.where], varied, defaults)
    try:
        family = Family.of(base, defaults, values)
    except RequestError as error:
        raise RequestError(respelt(problem, values, defaults) for problem in error.problems) from None
    made: dict[str, Point] = {}
    mistakes: dict[str, list[_Changes]] = {}
    known: Known = {}
    count = 0
    for rows in itertools.product(*(one.rows for one in axes)):
        changes = dict(zip(values, itertools.chain(*rows), strict=True))
        kept = [seeded for seeded in _seeded(changes, sweep.seeds, defaults) if meets(seeded)]
        for seeded, simulation in _simulations(family, changes, kept, mistakes):
            found = content_hash(simulation, known)
            made.setdefault(found, Point(seeded, simulation, found))
            count += 1
    if mistakes:
        raise RequestError(_told(mistakes))
    if not made:
        raise RequestError(f"No point meets {' and '.join(map(shown, sweep.where))}; change the conditions.")
    if vain := list(in_vain(values, [point.simulation for point in made.values()])):
        raise RequestError(vain)
    if count > len(made):
        _LOG.info("%d points, %d of them different; of those that are equal one is run.", count, len(made))
    return tuple(made.values())


def _check_size(axes: Sequence[Axes], seeds: int) -> None:
    sizes = [*(len(one.rows) for one in axes), seeds]
    if math.prod(sizes) > MOST:
        raise RequestError(
            f"The sweep has {' x '.join(map(str, sizes))} points; it must have at most {MOST:,}. "
            "Vary fewer keys together, or draw them at random."
        )


def _seeded(changes: _Changes, seeds: int, defaults: _Changes) -> list[_Changes]:
    """Return the changes once for each seed; one seed is named only if nothing else tells of the run."""
    if seeds == 1 and changes:
        return [changes]
    first, replicas = defaults["run"]["seed"], changes.get("run.replicas", defaults["run"]["replicas"])
    step = replicas if isinstance(replicas, int) else 1
    if first + (seeds - 1) * step > _LAST_SEED:
        raise RequestError(
            f"seeds is {seeds}, counted from run.seed, {first}; the last is above {_LAST_SEED}."
        )
    return [{**changes, _SEED: first + index * step} for index in range(seeds)]


def _simulations(
    family: Family, changes: _Changes, kept: list[_Changes], mistakes: dict[str, list[_Changes]]
) -> Iterator[tuple[_Changes, AnySimulation]]:
    """Make what differs in its seed alone, or add what is wrong with it to `mistakes`."""
    if not kept:
        return
    try:
        simulation = family.make(changes)
    except RequestError as error:
        for problem in error.problems:
            mistakes.setdefault(problem, []).extend(kept)
        return
    for seeded in kept:
        yield seeded, simulation if seeded is changes else reseeded(simulation, seeded[_SEED])


def _told(mistakes: Mapping[str, Sequence[_Changes]]) -> Iterator[str]:
    """Say each mistake once, with the first point that has it."""
    for problem, where in itertools.islice(mistakes.items(), _MOST_TOLD):
        point = ", ".join(
            f"{key}={shown(value)}" for key, value in itertools.islice(where[0].items(), _MOST_SHOWN)
        )
        more = ", ..." if len(where[0]) > _MOST_SHOWN else ""
        count = f"In {len(where)} points, the first with" if len(where) > 1 else "In the point"
        yield f"{count} {point}{more}: {problem}"
    rest = list(mistakes.values())[_MOST_TOLD:]
    if rest:
        yield f"There are {len(rest)} more mistakes of this kind, in {sum(map(len, rest))} points."
