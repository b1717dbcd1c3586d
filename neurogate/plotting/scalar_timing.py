"""Whether timing is scalar: how the spread of predicted times grows with the latency, by condition.

Here live the figure and the exponent of each seed. What is compared, such as levels of noise, is the caller's
affair; the spreads come from `neurogate.plotting.timing`, the laws they are held against from
`neurogate.analysis.elapsed_time`.
"""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.elapsed_time import error_growth
from neurogate.plotting.forest import forest
from neurogate.plotting.result import Arrays
from neurogate.plotting.style import HANDLE, STYLE, WIDTH_MM, figure
from neurogate.plotting.timing import against_latency, logarithmic, spreads
from neurogate.tasks.spread import quartile_spread

__all__ = ["exponents", "scalar_timing_figure", "spreads_by"]

_SCALAR = 1.0


def spreads_by(
    arrays: Mapping[str, Arrays], rule: str
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Return the latencies, and how far a rule's predicted times spread at each, by condition.

    Spreads are taken by quartiles, since the peak of a single probe is now and then somewhere else.

    Parameters
    ----------
    arrays : mapping of str to mapping of str to array
        Of a run of the what-when task in each condition; all have the same latencies, and seeds are replicas.
    rule : str

    Returns
    -------
    latency_ms : (L,) array
    spread_ms : dict of str to (seeds, L) array

    Examples
    --------
    >>> run = {"latency_ms": np.array([[300.0]]), "force.single_peak_ms": np.array([[[[290.0, 310.0]]]])}
    >>> latency_ms, spread_ms = spreads_by({"noise 0.3": run}, "force")
    >>> latency_ms.tolist(), spread_ms["noise 0.3"].round(2).tolist()
    ([300.0], [[7.41]])
    """
    latency_ms = np.unique(next(iter(arrays.values()))["latency_ms"])
    return latency_ms, {name: spreads(one, [rule], quartile_spread)[rule] for name, one in arrays.items()}


def exponents(latency_ms: ArrayLike, spread_ms: ArrayLike) -> NDArray[np.float64]:
    """Return the exponent with which the spread grows with the latency in each seed; 1 is scalar timing.

    Parameters
    ----------
    latency_ms : (L,)
    spread_ms : (seeds, L)

    Returns
    -------
    (seeds,) array
        As `neurogate.analysis.elapsed_time.error_growth` fits it.

    Examples
    --------
    >>> exponents([300.0, 600.0], [[30.0, 60.0], [30.0, 30.0]]).round(6).tolist()
    [1.0, 0.0]
    """
    return np.array([error_growth(latency_ms, values).exponent for values in np.asarray(spread_ms, float)])


def scalar_timing_figure(latency_ms: ArrayLike, spread_ms: Mapping[str, ArrayLike]) -> Figure:
    """Compose the figure: spread against latency, its share of the latency, and the exponent of the growth.

    Parameters
    ----------
    latency_ms : (L,)
        Latencies, ascending.
    spread_ms : mapping of str to (seeds, L)
        Spread of the predicted time in each condition, the headline first.

    Returns
    -------
    matplotlib.figure.Figure
        An arrowhead on an axis says that an interval goes on below it.

    Examples
    --------
    >>> made = scalar_timing_figure([300.0, 600.0], {"noise 0.3": [[30.0, 60.0], [33.0, 60.0]]})
    >>> len(made.axes)
    3
    """
    times = np.asarray(latency_ms, float)
    spreads = {name: np.asarray(values, float) for name, values in spread_ms.items()}
    shares = {name: 100 * values / times for name, values in spreads.items()}
    made = figure(WIDTH_MM, 70.0)
    with mpl.rc_context(STYLE):
        left, middle, right = made.subplots(1, 3)
        for axes, measured, words in (
            (left, spreads, "spread of single probes (ms)"),
            (middle, shares, "spread / latency (%)"),
        ):
            bars = against_latency(times, measured, words, ax=axes)
            axes.set_xscale("log")
            axes.set_xticks(times, [f"{time:g}" for time in times])
            axes.set_xticks([], minor=True)
            logarithmic(axes, bars)  # an interval may reach down to 0, which has no place here
        keys = left.get_legend_handles_labels()
        made.legend(*keys, loc="outside upper left", ncols=3, handlelength=HANDLE)
        for axes in (left, middle):  # what they say stands above both, where no error bar is
            axes.get_legend().remove()
        found = {name: exponents(times, values) for name, values in spreads.items()}
        forest(found, "exponent of the spread", reference=_SCALAR, ax=right)
    return made
