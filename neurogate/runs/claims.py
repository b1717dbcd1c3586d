"""Claims and how they fare: a measure over seeds beside its rivals and a null, with a verdict.

Here lives the table and how it is written. What is claimed, and what decides it, is said in the experiments.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.intervals import mean_interval
from neurogate.errors import RequestError

__all__ = ["Claim", "Verdict", "as_json", "as_markdown", "favours", "holds", "near", "within", "worst"]


class Verdict(StrEnum):
    """What the numbers say of a claim."""

    SUPPORTED = "supported"
    PARTLY = "partly"
    NOT_SUPPORTED = "not supported"


def _values(values: ArrayLike) -> NDArray[np.float64]:
    return np.atleast_1d(np.asarray(values, dtype=np.float64))


@attrs.frozen(eq=False)
class Claim:
    """One line of the table.

    Parameters
    ----------
    claim : str
        What is claimed, in a sentence.
    measure : str
        What is measured, with its unit.
    values : (seeds,) array
        Of the model.
    verdict : Verdict
    hinges_on : str
        What the verdict depends on.
    baselines : mapping of str to (seeds,) array
        The same measure of rivals, on the same seeds.
    null : (seeds,) array, optional
        What chance gives.

    Examples
    --------
    >>> Claim("It tells the time.", "timing error (ms)", [12.0, 14.0], Verdict.PARTLY, "the cue").seeds
    2
    """

    claim: str
    measure: str
    values: NDArray[np.float64] = attrs.field(converter=_values)
    verdict: Verdict
    hinges_on: str
    baselines: Mapping[str, ArrayLike] = attrs.field(factory=dict)
    null: ArrayLike | None = None

    @property
    def seeds(self) -> int:
        """Number of seeds."""
        return len(self.values)


def within(values: ArrayLike, supported: float, partly: float) -> Verdict:
    """Judge a measure against two bounds, as a whole interval: the mean and 95 % over seeds.

    Parameters
    ----------
    values : (seeds,) array
    supported, partly : float
        Bounds of the two better verdicts. If the first is the smaller one, small is good.

    Returns
    -------
    Verdict
        Supported if the interval is on the good side of the first bound, partly if the mean is on that of the
        second. A single seed supports nothing; what is not a number is not supported.

    Examples
    --------
    >>> str(within([10.0, 11.0, 10.5], supported=12.0, partly=25.0)), str(within([0.97, 0.99], 0.98, 0.95))
    ('supported', 'partly')
    """
    sign = 1.0 if supported <= partly else -1.0
    mean, half_width = (float(number) for number in mean_interval(_values(values)))
    worst = sign * mean + half_width
    if worst <= sign * supported:
        return Verdict.SUPPORTED
    return Verdict.PARTLY if sign * mean <= sign * partly else Verdict.NOT_SUPPORTED


def near(values: ArrayLike, target: float, supported: float, partly: float) -> Verdict:
    """Judge whether a measure is what it should be: its whole interval, within a distance on either side.

    Parameters
    ----------
    values : (seeds,) array
    target : float
    supported, partly : float
        Distances of the two better verdicts.

    Returns
    -------
    Verdict
        As of `within`.

    Examples
    --------
    >>> str(near([0.9, 1.0, 1.1], 1.0, 0.25, 0.5)), str(near([1.3, 1.4, 1.5], 1.0, 0.25, 0.5))
    ('supported', 'partly')
    """
    mean, half_width = (float(number) for number in mean_interval(_values(values)))
    away = abs(mean - target)
    if away + half_width <= supported:
        return Verdict.SUPPORTED
    return Verdict.PARTLY if away <= partly else Verdict.NOT_SUPPORTED


def holds(found: int, of: int) -> Verdict:
    """Judge a claim on several things by how many of them it holds of: all, some, or none.

    Parameters
    ----------
    found, of : int

    Examples
    --------
    >>> [str(holds(found, of=3)) for found in (3, 1, 0)]
    ['supported', 'partly', 'not supported']
    """
    return Verdict.SUPPORTED if found == of else Verdict.PARTLY if found else Verdict.NOT_SUPPORTED


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the worst of several verdicts.

    Parameters
    ----------
    verdicts : sequence of Verdict

    Examples
    --------
    >>> str(worst([Verdict.SUPPORTED, Verdict.PARTLY]))
    'partly'
    """
    return max(verdicts, key=list(Verdict).index)


def favours(values: ArrayLike, others: ArrayLike, *, small_is_good: bool = True) -> Verdict:
    """Judge whether one is better than another on the same seeds.

    Parameters
    ----------
    values, others : (seeds,) array
        Paired.
    small_is_good : bool

    Returns
    -------
    Verdict
        Supported if the 95 % interval of the paired difference lies on the good side of zero, partly if it
        holds zero, else not supported.

    Raises
    ------
    RequestError
        If they are not paired.

    Examples
    --------
    >>> str(favours([1.0, 2.0, 1.5], [5.0, 6.5, 5.5])), str(favours([1.0, 9.0], [5.0, 5.0]))
    ('supported', 'partly')
    """
    one, other = _values(values), _values(others)
    if one.shape != other.shape:
        raise RequestError(
            f"There are {one.size} and {other.size} seeds; a paired difference needs the same."
        )
    mean, half_width = (float(number) for number in mean_interval(one - other))
    gain = -mean if small_is_good else mean
    if not math.isfinite(half_width) or abs(gain) <= half_width:
        return Verdict.PARTLY
    return Verdict.SUPPORTED if gain > 0 else Verdict.NOT_SUPPORTED


def as_json(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """Return the table as plain objects, for ``claims.json``.

    Parameters
    ----------
    claims : sequence of Claim

    Examples
    --------
    >>> (row,) = as_json([Claim("c", "m", [1.0, 3.0], Verdict.PARTLY, "h", {"force": [2.0, 2.0]})])
    >>> row["value"], row["seeds"], row["baselines"]
    (2.0, 2, {'force': {'value': 2.0, 'interval': 0.0}})
    """
    return [
        {
            "claim": one.claim,
            "measure": one.measure,
            **_number(one.values),
            "seeds": one.seeds,
            "baselines": {name: _number(values) for name, values in one.baselines.items()},
            "null": None if one.null is None else _number(one.null),
            "verdict": str(one.verdict),
            "hinges_on": one.hinges_on,
        }
        for one in claims
    ]


def as_markdown(claims: Sequence[Claim]) -> str:
    """Write the table in Markdown: mean ± half of the 95 % interval over seeds.

    Parameters
    ----------
    claims : sequence of Claim

    Examples
    --------
    >>> print(as_markdown([Claim("It learns.", "r", [0.9, 0.9], Verdict.SUPPORTED, "noise")]).splitlines()[2])
    | It learns. | r | 0.9 ± 0 | - | - | **supported** | noise |
    """
    head = ("claim", "measure", "ours", "baselines", "null", "verdict", "what it hinges on")
    lines = [_line(head), _line(["---"] * len(head))]
    for one in claims:
        rivals = "; ".join(f"{name} {_told(values)}" for name, values in one.baselines.items())
        null = "-" if one.null is None else _told(one.null)
        verdict = f"**{one.verdict}**"
        lines.append(
            _line([one.claim, one.measure, _told(one.values), rivals or "-", null, verdict, one.hinges_on])
        )
    return "\n".join(lines) + "\n"


def _number(values: ArrayLike) -> dict[str, float]:
    mean, half_width = mean_interval(_values(values))
    return {"value": float(mean), "interval": float(half_width)}


def _told(values: ArrayLike) -> str:
    value, interval = _number(values).values()
    return f"{value:.3g}" if math.isnan(interval) else f"{value:.3g} ± {interval:.2g}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '¦') for cell in cells)} |"
