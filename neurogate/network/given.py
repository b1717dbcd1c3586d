"""What a user gave to `assemble`, checked: settings, and arrays that agree on their sizes.

Nothing is built here; a mistake becomes a sentence. Synapses are sorted in `neurogate.network.wiring`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import RequestError
from ..units import Unfit, conform
from .wiring import finite, numbers

__all__ = ["Given", "settled"]

Array = npt.NDArray[Any]
_OPTIONAL = ("v", "u", "synapse.rise_ms", "trace.rise_ms")
_TWINS = {"feedback_weights": "readout_weights", "readout_weights": "feedback_weights"}


def settled(kinds: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as their annotations want them, see `neurogate.units.conform`.

    Parameters
    ----------
    kinds : mapping of str to annotation
    given : mapping of str to object

    Raises
    ------
    RequestError
        One sentence for each that is not what its annotation says.

    Examples
    --------
    >>> from neurogate.units import Count
    >>> settled({"threads": Count}, {"threads": 0})
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: threads is 0; it must be at least 1.
    """
    values, problems = {}, []
    for name, value in given.items():
        try:
            values[name] = conform(kinds[name], value)
        except Unfit as unfit:
            problems.append(f"{name}{unfit.path} {unfit}")
    if problems:
        raise RequestError(problems)
    return values


class Given:
    """The arrays that the user gave, and how many replicas and neurons they speak of.

    Parameters
    ----------
    rows, stacks : mapping of str to array_like or None
        Numbers of neurons, and weights of channels and readouts, by the name that messages use.
    weights, delay_ms
        As `assemble` takes them.
    n : int or None
    seeds : sequence of int or None

    Raises
    ------
    RequestError
        One sentence for each mistake.

    Examples
    --------
    >>> rows = {"bias": [1.0, 2.0], "noise_sd": 0.0, "inhibitory": False}
    >>> given = Given(rows, {}, None, 0.0, None, [3, 4, 5])
    >>> given.batch, given.n, given.row("bias", 2).tolist()
    (3, 2, [1.0, 2.0])
    """

    def __init__(
        self,
        rows: Mapping[str, Any],
        stacks: Mapping[str, Any],
        weights: Any,
        delay_ms: Any,
        n: int | None,
        seeds: Sequence[int] | None,
    ) -> None:
        self.rows, self.stacks = _arrays(rows, (0, 1, 2)), _arrays(stacks, (2, 3))
        self.weights = _for_each(weights)
        shared = len(self.weights) == 1 or not isinstance(delay_ms, list)
        self.delay_ms = [delay_ms] if shared else delay_ms
        self.batch, self.n = self._sizes(n, seeds)
        self.seeds = range(self.batch) if seeds is None else seeds
        problems = [*self._row_problems(), *self._readout_problems()]
        if problems:
            raise RequestError(problems)

    def _sizes(self, n: int | None, seeds: Sequence[int] | None) -> tuple[int, int]:
        """Return the replicas and the neurons that everything given agrees on."""
        batch = [("seeds", len(seeds))] if seeds is not None else []
        neurons = [("n", n)] if n is not None else []
        for name, row in self.rows.items():
            batch += [(name, len(row))] if row.ndim == 2 and len(row) > 1 else []
            neurons += [(name, row.shape[-1])] if row.ndim and row.shape[-1] > 1 else []
        for name, stack in self.stacks.items():
            batch += [(name, len(stack))] if stack.ndim == 3 else []
            neurons += [(name, stack.shape[-1])]
        for name, items in (("weights", self.weights), ("delay_ms", self.delay_ms)):
            batch += [(name, len(items))] if len(items) != 1 else []
            shapes = [_shape(name, item) for item in items]
            neurons += [(name, side) for shape in shapes if len(shape) == 2 for side in shape]
        return _agreed("replicas", batch), _agreed("neurons", neurons)

    def row(self, name: str, b: int) -> Array:
        """Return one row of one replica, (N,)."""
        row = self.rows[name]
        return np.array(np.broadcast_to(row[b % len(row)] if row.ndim == 2 else row, (self.n,)))

    def stack(self, name: str, b: int) -> Array:
        """Return the weights of channels or readouts of one replica; zeros for a twin that was not given."""
        stack = self.stacks.get(name)
        if stack is None:
            twin = self.stacks.get(_TWINS.get(name, ""))
            return np.zeros((0 if twin is None else twin.shape[-2], self.n))
        return stack[b] if stack.ndim == 3 else stack

    def _row_problems(self) -> list[str]:
        positive = ["noise_sd", *(name for name in self.rows if name.endswith("_ms"))]
        problems = [
            f"{name} is {self.rows[name].min():g}; it must be at least 0."
            for name in positive
            if self.rows[name].min() < 0
        ]
        labels = self.rows["inhibitory"]
        odd = labels[(labels != 0) & (labels != 1)]
        return problems + [f"inhibitory is {x:g}; it must be true or false." for x in odd.flat[:1]]

    def _readout_problems(self) -> list[str]:
        counts = [self.stack(name, 0).shape[0] for name in ("feedback_weights", "readout_weights")]
        problems = []
        if counts[0] != counts[1]:
            problems.append(
                f"feedback_weights has {counts[0]} readouts and readout_weights has {counts[1]}; "
                "they must have the same number."
            )
        if any(counts) and "trace.tau_ms" not in self.rows:
            problems.append("There are readouts but no trace for them to read; give trace=Filter(...).")
        return problems


def _arrays(given: Mapping[str, Any], dims: tuple[int, ...]) -> dict[str, Array]:
    """Return what was given as arrays of finite numbers, without what may be left out and was."""
    rows = 0 in dims
    left_out = _OPTIONAL if rows else given
    arrays = {k: finite(k, x) for k, x in given.items() if not (x is None and k in left_out)}
    shapes = "(N,) or (B, N)" if rows else "(K, N) or (B, K, N)"
    problems = [
        f"{name} has shape {array.shape}; it must be {shapes}."
        for name, array in arrays.items()
        if array.ndim not in dims or (rows and not array.size)
    ]
    if problems:
        raise RequestError(problems)
    return arrays


def _for_each(weights: Any) -> list[Any]:
    """Return the weights of each replica, or the ones for all; a matrix may be nested lists."""
    if isinstance(weights, list):
        return weights if any(len(_shape("weights", x)) != 1 for x in weights) else [weights]
    return list(weights) if len(_shape("weights", weights)) == 3 else [weights]


def _shape(name: str, item: Any) -> tuple[int, ...]:
    """Return the shape of an array, () of a tuple of synapses or of nothing."""
    if item is None or isinstance(item, tuple):
        return ()
    shape = getattr(item, "shape", None)
    return shape if isinstance(shape, tuple) else numbers(name, item).shape


def _agreed(what: str, claims: Sequence[tuple[str, int]]) -> int:
    """Return the number that all agree on; 1 if nobody says one."""
    for name, size in claims:
        first, number = claims[0]
        if size < 1:
            raise RequestError(f"{name} speaks of {size} {what}; there must be at least one.")
        if size != number:
            raise RequestError(
                f"{first} speaks of {number} {what} and {name} of {size}; "
                f"all arrays must agree, or have one number for all {what}."
            )
    return claims[0][1] if claims else 1
