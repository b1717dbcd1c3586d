"""The prediction object: what will come, when, and how probably, as a value that can be asked.

A rule reads a prediction out of the same activity twice: *when* is a course z(t) that peaks at the expected
time, *what* a course q_k(t) for each outcome k, whose value around that peak is its probability. Here they
are put together, as identity x timing x probability.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from ..analysis.predictions import peak_time, read_probability
from ..errors import RequestError
from ..units import shown
from .probes import READING, Probes

__all__ = ["Prediction"]

Array = npt.NDArray[Any]


@attrs.frozen(eq=False)
class Prediction:
    r"""What one rule predicts after each cue.

    With the predicted time :math:`\hat t = \arg\max_t z(t)` and the probabilities :math:`\hat p_k`, the means
    of :math:`q_k` around it,

    .. math:: y_k(t) = \hat p_k \, \max(0, z(t)) / z(\hat t)

    That is :math:`\hat p_k` at the predicted time, and before and after it as much less as the bump of *when*
    is lower. The bump is divided by its height, since that grows with the probability of any outcome, which
    would count twice.

    Parameters
    ----------
    time_ms : (T,) array
        Time after the cue.
    when_read : (C, T) array
        *When*, mean over frozen probes.
    what_read : (C, K, T) array
        *What*, likewise.
    cues, outcomes : tuple of str
        Their names.
    probes : Probes
        Where a peak is looked for, what counts as one, and how wide the window around it is.

    Examples
    --------
    >>> t = np.arange(5.0, 1600.0, 5.0)
    >>> when = np.exp(-0.5 * ((t - np.array([[300.0], [900.0]])) / 40) ** 2)
    >>> what = np.repeat(np.array([[0.9, 0.0], [0.2, 0.6]])[..., None], t.size, axis=-1)
    >>> prediction = Prediction(t, when, what, ("tone", "light"), ("X", "Y"))
    >>> prediction.when("tone")
    300.0
    >>> {name: round(p, 3) for name, p in prediction.what("light").items()}
    {'X': 0.2, 'Y': 0.6}
    >>> {name: round(p, 3) for name, p in prediction.at("light", 940.0).items()}
    {'X': 0.121, 'Y': 0.364}
    """

    time_ms: Array
    when_read: Array
    what_read: Array
    cues: tuple[str, ...]
    outcomes: tuple[str, ...]
    probes: Probes = attrs.field(factory=Probes)

    @classmethod
    def of(
        cls,
        arrays: Mapping[str, Array],
        rule: str | None = None,
        block: str | None = None,
        *,
        replica: int = 0,
        probes: Probes | None = None,
    ) -> Prediction:
        """Return what a rule predicted at the end of a block.

        Parameters
        ----------
        arrays : mapping of str to array
            Of a `Result` or a stored run.
        rule : str, optional
            The first by default.
        block : str, optional
            The last by default.
        replica : int
        probes : Probes, optional
            How predictions are read; as the run read them, by default.

        Raises
        ------
        RequestError
            If there is no such rule, block or replica, or the block was not judged.

        Examples
        --------
        >>> arrays = {
        ...     "rule_names": np.array(["three_factor"]), "block_names": np.array(["A"]),
        ...     "cue_names": np.array(["1"]), "outcome_names": np.array(["X"]),
        ...     "probe_time_ms": np.array([295.0, 300.0, 305.0]),
        ...     "three_factor.when": np.array([0.2, 0.6, 0.3]).reshape(1, 1, 1, 3),
        ...     "three_factor.what": np.full((1, 1, 1, 1, 3), 0.8),
        ... }
        >>> Prediction.of(arrays, "three_factor", "A").at("1", 295.0)["X"].__round__(3)
        0.267
        """
        rules, blocks = (_texts(arrays, f"{kind}_names") for kind in ("rule", "block"))
        named = rules[_index("rule", rules[0] if rule is None else rule, rules)]
        k = _index("block", blocks[-1] if block is None else block, blocks)
        when, what = arrays[f"{named}.when"], arrays[f"{named}.what"]
        if not 0 <= replica < len(when):
            raise RequestError(f"replica is {replica}; it must be from 0 to {len(when) - 1}.")
        if np.isnan(when[replica, k]).any():
            raise RequestError(
                f"Block {blocks[k]} was not judged; choose another one, or lower probes.every."
            )
        return cls(
            arrays["probe_time_ms"],
            when[replica, k],
            what[replica, k],
            _texts(arrays, "cue_names"),
            _texts(arrays, "outcome_names"),
            probes or _as_read(arrays),
        )

    def when(self, cue: str | int) -> float:
        """Return when an outcome is predicted after a cue, in ms; NaN if none is.

        Parameters
        ----------
        cue : str or int
            Its name, or its number from 0.
        """
        peak_ms, _, found = self._peak(self._cue(cue))
        return peak_ms if found else float("nan")

    def what(self, cue: str | int) -> dict[str, float]:
        """Return the probability of each outcome after a cue; NaN if none is predicted.

        What is left to 1 is that nothing comes. Values are those of linear readouts: they are not clipped,
        and may lie a little outside 0 to 1.
        """
        c = self._cue(cue)
        peak_ms, _, found = self._peak(c)
        read = read_probability(self.what_read[c], self.time_ms, peak_ms, self.probes.half_width_ms)
        values = read if found else np.full(len(self.outcomes), np.nan)
        return dict(zip(self.outcomes, values.tolist(), strict=True))

    def at(self, cue: str | int, time_ms: float) -> dict[str, float]:
        """Return how probable each outcome is a time after a cue; 0 if none is predicted.

        Parameters
        ----------
        cue : str or int
        time_ms : float
            Since the cue; between two bins *when* is taken to be straight.

        Raises
        ------
        RequestError
            If the time lies outside the probed part of the trial, or there is no such cue.
        """
        last = float(self.time_ms[-1])
        if not 0 <= time_ms <= last:
            raise RequestError(f"time_ms is {time_ms:g}; it must be from 0 to {last:g} ms after the cue.")
        c = self._cue(cue)
        _, height, found = self._peak(c)
        here = max(0.0, float(np.interp(time_ms, self.time_ms, self.when_read[c])))
        share = here / height if found else 0.0
        return {name: share * p if found else 0.0 for name, p in self.what(cue).items()}

    def product(self, cue: str | int) -> Array:
        """Return *when* times *what* as they were read, (K, T): z(t) q_k(t), its height not divided out."""
        c = self._cue(cue)
        product: Array = self.when_read[c] * self.what_read[c]
        return product

    def _cue(self, cue: str | int) -> int:
        if isinstance(cue, str):
            return _index("cue", cue, self.cues)
        numbers = range(len(self.cues))
        if cue not in numbers:
            raise RequestError(f"cue is {cue}; it must be from 0 to {numbers[-1]}, or a name.")
        return numbers.index(cue)

    def _peak(self, cue: int) -> tuple[float, float, bool]:
        window_ms, floor = self.probes.window_ms, self.probes.floor
        peak_ms, height, found = peak_time(self.when_read[cue], self.time_ms, window_ms, floor)
        return float(peak_ms), float(height), bool(found) and float(height) > 0


def _as_read(arrays: Mapping[str, Array]) -> Probes:
    """Return how a run read its predictions; results of before that was kept have the defaults."""
    kept: dict[str, Any] = {
        key: arrays[f"probe_{key}"].tolist() for key in READING if f"probe_{key}" in arrays
    }
    if "window_ms" in kept:
        kept["window_ms"] = tuple(kept["window_ms"])
    return Probes(**kept)


def _texts(arrays: Mapping[str, Array], key: str) -> tuple[str, ...]:
    return tuple(str(name) for name in arrays[key])


def _index(what: str, name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        raise RequestError(f"There is no {what} {shown(name)}; there are {', '.join(names)}.")
    return names.index(name)
