"""What the arrays of a run say of themselves: its rules, which blocks were judged, what is missing.

Here lives what several figures ask of the same arrays. The figures live in the other modules, the
arrays' names and shapes in `neurogate.tasks.evaluation` and `neurogate.tasks.waveform`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError

__all__ = [
    "NOT_RECORDED",
    "SPIKES",
    "Arrays",
    "block_ends",
    "has_nulls",
    "has_spikes",
    "is_waveform",
    "judged_blocks",
    "of_rules",
    "require",
    "rules_of",
    "training",
]

Arrays = Mapping[str, NDArray[Any]]
"""Arrays of a run by name, as ``arrays.npz`` holds them."""

NOT_RECORDED = (
    'The course over training was not recorded; set record.variables = ["{}"] and record.trials = "all".'
)
"""What is said below a figure that cannot show how something went while it was learned."""


SPIKES = ("raster_cue", "raster_time_ms", "raster_neuron", "raster_window_ms", "mean_rate_hz")
"""What only a reservoir of spiking neurons leaves behind."""


def has_spikes(arrays: Arrays) -> bool:
    """Whether the arrays are those of spiking neurons; a whole run that has none of `SPIKES` is not.

    Examples
    --------
    >>> has_spikes({}), has_spikes({"neuron_type": np.zeros(3)})
    (True, False)
    """
    return "neuron_type" not in arrays or any(name in arrays for name in SPIKES)


def has_nulls(arrays: Arrays) -> bool:
    """Whether a run has measured its subspaces beside all nulls (``probes.subspaces``).

    Examples
    --------
    >>> has_nulls({}), has_nulls({"neuron_type": np.zeros(3)})
    (True, False)
    """
    return "neuron_type" not in arrays or "null.covariance_deg" in arrays


def is_waveform(arrays: Arrays) -> bool:
    """Whether the arrays of a run are those of a taught signal.

    Examples
    --------
    >>> is_waveform({})
    False
    """
    return "taught_ms" in arrays and "readout" in arrays


def require(arrays: Arrays, keys: Iterable[str], figure: str) -> None:
    """Make sure that arrays are there.

    Parameters
    ----------
    arrays : mapping of str to array
    keys : iterable of str
        Names that must be among them.
    figure : str
        What needs them, for the message.

    Raises
    ------
    RequestError
        If any is missing; all of them are named.

    Examples
    --------
    >>> require({}, ["probe_trial"], "overview")
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: The result has no array 'probe_trial', which the overview draws. Run ...
    """
    missing = [key for key in keys if key not in arrays]
    if missing:
        raise RequestError(
            f"The result has no array {key!r}, which the {figure} draws. Run the simulation again."
            for key in missing
        )


def rules_of(arrays: Arrays, keys: Iterable[str], figure: str) -> list[str]:
    """Return the names of the rules, once everything that a figure draws of them is known to be there.

    Parameters
    ----------
    arrays : mapping of str to array
    keys : iterable of str
        What each rule must have.
    figure : str
        What needs it, for the message.

    Raises
    ------
    RequestError
        If arrays are missing (all of them are named) or there is no learning rule.

    Examples
    --------
    >>> rules_of({"rule_names": np.array(["a"]), "a.when": np.zeros(1)}, ["when"], "overview")
    ['a']
    """
    require(arrays, ["rule_names"], figure)
    rules = [str(name) for name in arrays["rule_names"]]
    if not rules:
        raise RequestError("The result has no learning rule, so there is nothing to compare. Add a rule.")
    require(arrays, [f"{rule}.{key}" for rule in rules for key in keys], figure)
    return rules


def judged_blocks(arrays: Arrays) -> NDArray[np.intp]:
    """Return the block that each judgement belongs to.

    Examples
    --------
    >>> judged_blocks({"block_start": np.array([0, 20, 40]), "probe_trial": np.array([10, 20, 30])}).tolist()
    [0, 0, 1]
    """
    return np.searchsorted(arrays["block_start"][1:], arrays["probe_trial"])


def block_ends(arrays: Arrays) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the blocks that were judged, and the last judgement of each.

    Examples
    --------
    >>> judged = {"block_start": np.array([0, 20, 40]), "probe_trial": np.array([10, 20, 30])}
    >>> tuple(each.tolist() for each in block_ends(judged))
    ([0, 1], [1, 2])
    """
    block_of = judged_blocks(arrays)
    blocks = np.unique(block_of)
    return blocks, np.searchsorted(block_of, blocks, side="right") - 1


def of_rules(arrays: Arrays, rules: Iterable[str], key: str) -> dict[str, NDArray[Any]]:
    """Return one array of each rule.

    Parameters
    ----------
    arrays : mapping of str to array
    rules : iterable of str
    key : str
        As in ``RULE.key``.

    Examples
    --------
    >>> of_rules({"a.when": np.zeros(1)}, ["a"], "when")
    {'a': array([0.])}
    """
    return {rule: arrays[f"{rule}.{key}"] for rule in rules}


def training(arrays: Arrays, rule: str, variable: str) -> NDArray[Any] | None:
    """Return what was recorded of a rule in every training trial, or None if it was not.

    Parameters
    ----------
    arrays : mapping of str to array
    rule : str
    variable : str
        As in ``record.RULE.VARIABLE``: gate, when_weights, what_weights and others.

    Returns
    -------
    (B, trials, ...) array or None

    Examples
    --------
    >>> kept = {"block_start": np.array([0, 2]), "record.a.gate": np.ones((1, 3, 5))}
    >>> training(kept, "a", "gate").shape, training(kept, "a", "when")
    ((1, 2, 5), None)
    """
    kept, trials = arrays.get(f"record.{rule}.{variable}"), int(arrays["block_start"][-1])
    return None if kept is None or kept.shape[1] <= trials else kept[:, :trials]
