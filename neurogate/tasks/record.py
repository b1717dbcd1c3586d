"""What a session keeps for the user, trial by trial, beyond what it needs itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy.typing as npt

from ..units import Domain, Milliseconds, settings

__all__ = ["LEARNED", "SIMULATED", "Record", "select"]

Array = npt.NDArray[Any]

SIMULATED = ("spikes", "v", "u", "synaptic_current", "synapse_rise", "trace", "trace_rise")
"""Variables of the reservoir."""

LEARNED = ("when", "what", "gate", "weights")
"""Variables of the learning rules; each rule has its own."""

_Variable = Literal[
    "spikes", "v", "u", "synaptic_current", "synapse_rise", "trace", "trace_rise",
    "when", "what", "gate", "weights",
]  # fmt: skip


@settings
class Record:
    """What to keep of each trial.

    Kept arrays are called ``record.spikes`` (B, trials, samples, neurons) and so on; beside them stands which
    cue came, ``record.cue`` (B, trials), counted from 0. Those of rules are ``record.three_factor.when``
    (B, trials, samples), ``.what`` (B, trials, samples, K), ``.gate``, ``.when_weights``
    (B, trials, neurons) and ``.what_weights`` (B, trials, K, neurons).

    Parameters
    ----------
    variables : tuple of str
        Any of spikes (counts), v, u, synaptic_current, synapse_rise, trace, trace_rise, when, what,
        gate, weights.
    every_ms : float
        Time between samples; a whole number of bins.
    neurons : int
        How many neurons, the first ones; 0 means all.
    trials : str
        probes (the frozen probes only) or all (training too).

    Examples
    --------
    >>> Record(variables=("spikes", "v"), every_ms=5.0).trials
    'probes'
    """

    variables: tuple[_Variable, ...] = ()
    every_ms: Milliseconds = 5.0
    neurons: Annotated[int, Domain(0)] = 0
    trials: Literal["probes", "all"] = "probes"


def select(record: Record, values: Mapping[str, Array], bins: int, every: int) -> dict[str, Array]:
    """Return what a record asks for of one trial.

    Parameters
    ----------
    record : Record
    values : mapping of variable to (B, samples, ...) array
        Spikes in steps or bins, *trace*, *when*, *what* and *gate* in bins, the rest already sampled.
    bins : int
        Bins of the trial.
    every : int
        Bins between samples; divides `bins`.

    Examples
    --------
    >>> import numpy as np
    >>> chosen = Record(variables=("spikes",), neurons=2)
    >>> select(chosen, {"spikes": np.ones((1, 6, 3)), "v": np.ones((1, 6, 3))}, 3, 3)["spikes"].tolist()
    [[[6.0, 6.0]]]
    """
    kept: dict[str, Array] = {}
    for name, value in values.items():
        if name not in record.variables:
            continue
        if name in SIMULATED:
            value = value[..., : record.neurons or None]
        if name == "spikes":
            value = value.reshape(len(value), bins // every, -1, value.shape[2]).sum(axis=2)
        elif name in ("trace", *LEARNED):
            value = value[:, every - 1 :: every]
        kept[name] = value
    return kept
