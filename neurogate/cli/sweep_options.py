"""The options that say how a simulation is varied, by a sweep or by a search.

Here live their spelling and their help. What the texts mean is said in `neurogate.config.sweep_table`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from neurogate.cli.options import Texts
from neurogate.errors import RequestError

if TYPE_CHECKING:
    from neurogate.config.sweep import Sweep

__all__ = ["SearchOptions", "SweepOptions"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SweepOptions:
    """How a simulation is varied; whatever is given comes before what its file's [sweep] table says.

    Parameters
    ----------
    grid
        A key and its values, as key=1,2,5 or key=first:last:count (or :log after it); can be repeated, and
        every combination is run.
    zip
        The same, but the first values of all keys go together, the second ones, and so on; can be repeated.
    random
        How many samples are drawn of the keys that have a --draw, or that the file's [sweep.random] has.
    draw
        A key and its distribution, as key=uniform:low:high, log_uniform:low:high, normal:mean:sd,
        int_uniform:low:high or choice:1,2,5; can be repeated.
    sample_seed
        Seed of the samples; 1 if it is not given.
    from_
        A CSV file: its first line names keys, every other line is a row of values.
    seeds
        How many seeds each point is run with, counted from run.seed.
    where
        A condition that points must meet, as "reservoir.gain<1.5", with < <= > >= == != or in [...]; can be
        repeated, and all must hold.

    Examples
    --------
    >>> SweepOptions(grid=("reservoir.gain=1,2",), seeds="5").table()
    {'grid': {'reservoir.gain': '1,2'}, 'seeds': 5}
    """

    grid: Texts = ()
    zip: Texts = ()
    random: str | None = None
    draw: Texts = ()
    sample_seed: str | None = None
    from_: Annotated[str | None, Parameter(name="--from")] = None
    seeds: str | None = None
    where: Texts = ()

    def table(self) -> dict[str, Any]:
        """Return the options as a ``[sweep]`` table.

        Raises
        ------
        RequestError
            If an axis has no key or no values, or a key is given twice.
        """
        numbers = {"samples": self.random, "sample_seed": self.sample_seed, "seeds": self.seeds}
        axes = {"grid": self.grid, "zip": self.zip, "random": self.draw}
        return {
            **{name: _keyed(texts) for name, texts in axes.items() if texts},
            **{name: _whole(text) for name, text in numbers.items() if text is not None},
            **({"table": self.from_} if self.from_ is not None else {}),
            **({"where": list(self.where)} if self.where else {}),
        }

    def sweep(
        self, name_or_path: str, overrides: Sequence[str] = (), *, quick: bool = False
    ) -> tuple[dict[str, Any], Sweep]:
        """Read a simulation and how it is varied: the options laid over its file's ``[sweep]`` table.

        Parameters
        ----------
        name_or_path, overrides, quick
            As `neurogate.config.load` takes them.

        Raises
        ------
        RequestError
            With one sentence for each mistake.
        """
        from neurogate.config.sweep_table import load_sweep

        base, sweep = load_sweep(name_or_path, overrides, self.table(), quick=quick)
        # One seed that is asked for is a sweep of one run: a script may have computed the number.
        if sweep.seeds == 1 and self.seeds is None and not sweep.axes():
            raise RequestError(
                "The sweep varies nothing; give a key several values, as in --grid reservoir.gain=0.5:2.0:7, "
                "or several seeds, as in --seeds 20."
            )
        return base, sweep


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """Where settings are searched; whatever is given comes before what the file's [sweep] table says.

    Parameters
    ----------
    draw
        A key and where its value is searched, as key=uniform:low:high, log_uniform:low:high,
        int_uniform:low:high or choice:1,2,5; can be repeated.
    sample_seed
        Seed of the search itself; 1 if it is not given.
    seeds
        How many seeds each trial is run with, counted from run.seed.
    where
        A condition that trials must meet, as "reservoir.gain<1.5"; can be repeated.

    Examples
    --------
    >>> _, sweep = SearchOptions(draw=("reservoir.gain=uniform:0.5:2",)).sweep("what_when")
    >>> sweep.random
    {'reservoir.gain': {'uniform': (0.5, 2.0)}}
    """

    draw: Texts = ()
    sample_seed: str | None = None
    seeds: str | None = None
    where: Texts = ()

    def sweep(
        self, name_or_path: str, overrides: Sequence[str] = (), *, quick: bool = False
    ) -> tuple[dict[str, Any], Sweep]:
        """Read a simulation, and what is searched as the random keys of a sweep.

        Parameters
        ----------
        name_or_path, overrides, quick
            As `neurogate.config.load` takes them.

        Raises
        ------
        RequestError
            With one sentence for each mistake.
        """
        from neurogate.config.sweep_table import load_search

        wishes = SweepOptions(
            draw=self.draw, sample_seed=self.sample_seed, seeds=self.seeds, where=self.where
        )
        return load_search(name_or_path, overrides, wishes.table(), quick=quick)


def _whole(text: str) -> int | str:
    """Read a whole number; of anything else the sweep says what is wrong with it."""
    try:
        return int(text)
    except ValueError:
        return text


def _keyed(texts: Sequence[str]) -> dict[str, str]:
    """Return what is written for each key."""
    from neurogate.config.grid import axis
    from neurogate.config.problems import Flaw

    keyed: dict[str, str] = {}
    problems: list[str] = []
    for text in texts:
        try:
            key, words = axis(text)
        except Flaw as flaw:
            problems.append(str(flaw))
            continue
        if key in keyed:
            problems.append(f"{key} is given twice; give all of its values at once, as in {key}=1,2,5.")
        keyed[key] = words
    if problems:
        raise RequestError(problems)
    return keyed
