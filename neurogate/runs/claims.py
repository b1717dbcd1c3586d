"""Claims and how they fare: a measure over seeds beside rivals and a null, what is asked, and a verdict.

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

__all__ = [
    "Claim", "Judgement", "Verdict", "as_json", "as_markdown", "every", "favours", "near", "renewed",
    "within",
]  # fmt: skip


class Verdict(StrEnum):
    """What the numbers say of a claim."""

    SUPPORTED = "supported"
    PARTLY = "partly"
    NOT_SUPPORTED = "not supported"


@attrs.frozen
class Judgement:
    """A verdict, and what was asked for it.

    Parameters
    ----------
    verdict : Verdict
    asked : str
        Which bound or difference supports the claim.
    opposed : bool
        Whether the opposite is shown.

    Examples
    --------
    >>> str(Judgement(Verdict.PARTLY, "at most 12, partly 25").verdict)
    'partly'
    """

    verdict: Verdict
    asked: str
    opposed: bool = attrs.field(default=False, repr=False)


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
    judged : Judgement
    hinges_on : str
        What the verdict depends on.
    baselines : mapping of str to (seeds,) array
        The same measure of rivals, on the same seeds.
    null : (seeds,) array, optional
        What chance gives.

    Examples
    --------
    >>> told = [12.0, 14.0]
    >>> Claim("It tells the time.", "timing error (ms)", told, within(told, 12.0, 25.0), "the cue").seeds
    2
    """

    claim: str
    measure: str
    values: NDArray[np.float64] = attrs.field(converter=_values)
    judged: Judgement
    hinges_on: str
    baselines: Mapping[str, ArrayLike] = attrs.field(factory=dict)
    null: ArrayLike | None = None

    @property
    def seeds(self) -> int:
        """Number of seeds."""
        return len(self.values)

    @property
    def verdict(self) -> Verdict:
        """What the numbers say of it."""
        return self.judged.verdict


def within(values: ArrayLike, supported: float, partly: float) -> Judgement:
    """Judge a measure against two bounds, as a whole interval: the mean and 95 % over seeds.

    Parameters
    ----------
    values : (seeds,) array
    supported, partly : float
        Bounds of the two better verdicts. If the first is the smaller one, small is good.

    Returns
    -------
    Judgement
        Supported if the interval is on the good side of the first bound, partly if the mean is on that of the
        second. A single seed supports nothing; what is not a number is not supported.

    Examples
    --------
    >>> within([10.0, 11.0, 10.5], supported=12.0, partly=25.0)
    Judgement(verdict=<Verdict.SUPPORTED: 'supported'>, asked='at most 12, partly 25')
    >>> str(within([0.97, 0.99], 0.98, 0.95).verdict)
    'partly'
    """
    sign = 1.0 if supported <= partly else -1.0
    mean, half_width = _interval(values)
    asked = f"at {'most' if sign > 0 else 'least'} {supported:g}, partly {partly:g}"
    return Judgement(_verdict(sign * mean, half_width, sign * supported, sign * partly), asked)


def near(values: ArrayLike, target: float, supported: float, partly: float) -> Judgement:
    """Judge whether a measure is what it should be: its whole interval, within a distance on either side.

    Parameters
    ----------
    values : (seeds,) array
    target : float
    supported, partly : float
        Distances of the two better verdicts.

    Returns
    -------
    Judgement
        As of `within`.

    Examples
    --------
    >>> near([0.9, 1.0, 1.1], 1.0, 0.25, 0.5)
    Judgement(verdict=<Verdict.SUPPORTED: 'supported'>, asked='1 ± 0.25, partly ± 0.5')
    """
    mean, half_width = _interval(values)
    asked = f"{target:g} ± {supported:g}, partly ± {partly:g}"
    return Judgement(_verdict(abs(mean - target), half_width, supported, partly), asked)


def every(judged: Sequence[Judgement], *, decisive: Sequence[Judgement] = ()) -> Judgement:
    """Judge a claim that asks for several things.

    Parameters
    ----------
    judged : sequence of Judgement
    decisive : sequence of Judgement
        Asked for too, and all of them for so much as partly.

    Returns
    -------
    Judgement
        Supported if all of them are, partly if some are, and not supported if the opposite of one is shown.

    Examples
    --------
    >>> better, nothing, worse = (favours(x, [5.0, 5.1]) for x in ([1.0, 1.1], [1.0, 9.0], [8.0, 8.1]))
    >>> [str(every([better, other]).verdict) for other in (better, nothing, worse)]
    ['supported', 'partly', 'not supported']
    >>> str(every([better], decisive=[nothing]).verdict)
    'not supported'
    """
    asked_for = [*judged, *decisive]
    opposed = any(one.opposed for one in asked_for)
    found = [one.verdict is Verdict.SUPPORTED and not opposed for one in asked_for]
    some = Verdict.PARTLY if any(found) and all(found[len(judged) :]) else Verdict.NOT_SUPPORTED
    asked = "; ".join(dict.fromkeys(one.asked for one in asked_for))
    return Judgement(Verdict.SUPPORTED if all(found) else some, asked, opposed)


def favours(
    values: ArrayLike, others: ArrayLike, *, small_is_good: bool = True, margin: float = 0.0
) -> Judgement:
    """Judge whether one is better than another on the same seeds, or as good within a margin.

    Parameters
    ----------
    values, others : (seeds,) array
        Paired.
    small_is_good : bool
    margin : float
        By how much less than this it may be worse; 0 asks that it is better.

    Returns
    -------
    Judgement
        Supported if the 95 % interval of the paired difference lies on the good side of the margin, else not;
        so a single seed supports nothing, nor does what is not a number.

    Raises
    ------
    RequestError
        If they are not paired.

    Examples
    --------
    >>> str(favours([1.0, 2.0, 1.5], [5.0, 6.5, 5.5]).verdict), str(favours([1.0, 9.0], [5.0, 5.0]).verdict)
    ('supported', 'not supported')
    >>> favours([5.1, 5.2], [5.0, 5.1], margin=1.0).asked
    'worse by less than 1, in pairs'
    """
    one, other = _values(values), _values(others)
    if one.shape != other.shape:
        raise RequestError(
            f"There are {one.size} and {other.size} seeds; a paired difference needs the same."
        )
    mean, half_width = _interval(one - other if small_is_good else other - one)
    slack = math.inf if one.size == 1 else half_width
    asked = f"worse by less than {margin:g}, in pairs" if margin else "better, in pairs"
    verdict = Verdict.SUPPORTED if mean + slack < margin else Verdict.NOT_SUPPORTED
    return Judgement(verdict, asked, opposed=mean - slack > margin)


def _interval(values: ArrayLike) -> tuple[float, float]:
    mean, half_width = mean_interval(_values(values))
    return float(mean), float(half_width)


def _verdict(loss: float, half_width: float, good: float, fair: float) -> Verdict:
    if loss + half_width <= good:
        return Verdict.SUPPORTED
    return Verdict.PARTLY if loss <= fair else Verdict.NOT_SUPPORTED


def as_json(claims: Sequence[Claim], **about: str) -> list[dict[str, Any]]:
    """Return rows of the table as plain objects, for ``claims.json``.

    Parameters
    ----------
    claims : sequence of Claim
    **about : str
        What stands in each of these rows, as their ``group``.

    Examples
    --------
    >>> claim = Claim("c", "m", [1.0, 3.0], within([1.0, 3.0], 1, 2), "h", {"force": [2.0, 2.0]})
    >>> (row,) = as_json([claim], group="timing")
    >>> row["group"], row["value"], row["seeds"], row["baselines"]
    ('timing', 2.0, 2, {'force': {'value': 2.0, 'interval': 0.0}})
    """
    return [
        {
            **about,
            "claim": one.claim,
            "measure": one.measure,
            **_number(one.values),
            "seeds": one.seeds,
            "baselines": {name: _number(values) for name, values in one.baselines.items()},
            "null": None if one.null is None else _number(one.null),
            "asked": one.judged.asked,
            "verdict": str(one.verdict),
            "hinges_on": one.hinges_on,
        }
        for one in claims
    ]


def renewed(
    stored: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]], groups: Sequence[str]
) -> list[Mapping[str, Any]]:
    """Return a stored table in which the rows of the groups that were judged again are the new ones.

    Parameters
    ----------
    stored, found : sequence of mapping
        From `as_json`, each with its ``group``.
    groups : sequence of str
        All groups, in the table's order; stored rows of no such group are dropped.

    Examples
    --------
    >>> old, new = [{"group": "a", "seeds": 2}, {"group": "b", "seeds": 2}], [{"group": "a", "seeds": 5}]
    >>> renewed(old, new, ["b", "a"])
    [{'group': 'b', 'seeds': 2}, {'group': 'a', 'seeds': 5}]
    """
    again = {row["group"] for row in found}
    kept = [row for row in stored if row.get("group") in groups and row["group"] not in again]
    return sorted([*kept, *found], key=lambda row: groups.index(row["group"]))


def as_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write the table in Markdown: mean ± half of the 95 % interval over seeds.

    Parameters
    ----------
    rows : sequence of mapping
        From `as_json`.

    Examples
    --------
    >>> claim = Claim("It learns.", "r", [0.9, 0.9], within([0.9, 0.9], 0.8, 0.5), "noise")
    >>> print(as_markdown(as_json([claim])).splitlines()[2])
    | It learns. | r | 2 | 0.9 ± 0 | - | - | at least 0.8, partly 0.5 | **supported** | noise |
    """
    head = ("claim", "measure", "seeds", "ours", "baselines", "null", "asked", "verdict", "what it hinges on")
    return "\n".join([_line(head), _line(["---"] * len(head)), *(_line(_cells(row)) for row in rows)]) + "\n"


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    rivals = "; ".join(f"{name} {_told(number)}" for name, number in row["baselines"].items())
    null = _told(row["null"]) if row["null"] else "-"
    said = (row["claim"], row["measure"], row.get("networks", str(row["seeds"])), _told(row))
    judged = (row["asked"], f"**{row['verdict']}**")
    return *said, rivals or "-", null, *judged, row["hinges_on"]


def _number(values: ArrayLike) -> dict[str, float]:
    return dict(zip(("value", "interval"), _interval(values), strict=True))


def _told(number: Mapping[str, float]) -> str:
    value, interval = number["value"], number["interval"]
    return f"{value:.3g}" if math.isnan(interval) else f"{value:.3g} ± {interval:.2g}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '¦') for cell in cells)} |"
