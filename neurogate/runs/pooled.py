"""Runs that differ only in their seeds, put side by side as the replicas of one run.

Here lives what makes every picture and analysis of a run one of many seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neurogate.errors import RequestError
from neurogate.runs import store
from neurogate.runs.collection import Collection

__all__ = ["pooled", "stacked"]

_SEED = "run.seed"
_PER_REPLICA = ("mean_rate_hz",)
_OF_THE_FIRST = ("raster_", "neuron_type")

Arrays = Mapping[str, np.ndarray[Any, Any]]


def pooled(collection: Collection, point: Mapping[str, Any] | None = None) -> dict[str, np.ndarray[Any, Any]]:
    """Read the arrays of the runs of a sweep that differ only in their seeds.

    Parameters
    ----------
    collection : Collection
    point : mapping, optional
        Values of the other axes, by key path; needed if there are any.

    Returns
    -------
    mapping of str to array
        As `neurogate.tasks.evaluation` describes them, with B the number of seeds.

    Raises
    ------
    RequestError
        If runs differ in more than their seeds, or none is there.
    """
    wanted = dict(point or {})
    others = [axis for axis in collection.axes if axis not in (_SEED, *wanted)]
    if others:
        raise RequestError(
            f"The runs differ in {', '.join(others)}, not only in their seeds. "
            "Take a sweep of seeds alone, or in Python give each of the others a value."
        )
    rows = [row for row in collection.rows if all(row.get(key) == value for key, value in wanted.items())]
    folders = list(dict.fromkeys(row["folder"] for row in rows if row["outcome"] == "done"))
    if not folders:
        raise RequestError(f"No finished run of {collection.out} is at {wanted or 'this point'}.")
    return stacked([store.load(collection.out / folder).arrays() for folder in folders])


def stacked(runs: Sequence[Arrays]) -> dict[str, np.ndarray[Any, Any]]:
    """Put the arrays of runs side by side; what has no replicas must be the same in all of them.

    Spikes and types of neurons are those of the first run. What not all have, as when another version made
    some of them, is left out.

    Parameters
    ----------
    runs : sequence of mapping of str to array

    Raises
    ------
    RequestError
        If runs do not belong together.

    Examples
    --------
    >>> first, second = ({"latency_ms": np.zeros(2), "force.peak_ms": np.full((1, 3), t)} for t in (5.0, 7.0))
    >>> stacked([first, second])["force.peak_ms"][:, 0].tolist()
    [5.0, 7.0]
    """
    first = runs[0]
    for key in filter(_is_shared, first):
        if not all(key in run and np.array_equal(run[key], first[key]) for run in runs):
            raise RequestError(f"The array {key} differs between the runs; they are not of one kind.")
    alone = {key: array for key, array in first.items() if not _is_per_replica(key)}
    beside = [key for key in first if key not in alone and all(key in run for run in runs)]
    return {**alone, **{key: np.concatenate([run[key] for run in runs]) for key in beside}}


def _is_per_replica(key: str) -> bool:
    return "." in key or key in _PER_REPLICA


def _is_shared(key: str) -> bool:
    return not (_is_per_replica(key) or key.startswith(_OF_THE_FIRST))
