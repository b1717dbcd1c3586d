"""What training needs to go on where it stopped, in one file that is whole or absent."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import attrs
import numpy as np

from neurogate.attention.arrays import Array
from neurogate.attention.layer import Parameters
from neurogate.attention.training.adam import AdamState
from neurogate.errors import RequestError
from neurogate.files import replacing, write_arrays

__all__ = ["Progress", "read", "write"]

_DAMAGE = (
    OSError, EOFError, LookupError, NotImplementedError, TypeError, ValueError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip
"""What reading a file that is cut off, spoilt or another's may end in."""


@attrs.define
class Progress:
    """How far training is.

    Parameters
    ----------
    adam : AdamState
        Of the optimiser.
    losses, validations : list of float
        One for each epoch.
    best : dict
        The parameters after the epoch of the smallest validation.
    terms : dict of str
        The settings that every epoch of the training must share, written out.
    """

    adam: AdamState = attrs.field(factory=AdamState)
    losses: list[float] = attrs.field(factory=list)
    validations: list[float] = attrs.field(factory=list)
    best: Parameters = attrs.field(factory=dict)
    terms: dict[str, str] = attrs.field(factory=dict)


def write(path: Path, parameters: Mapping[str, Array], progress: Progress) -> None:
    """Write parameters and progress; the file takes the place of an older one in one step.

    Parameters
    ----------
    path : Path
        Where.
    parameters : mapping
        As they are now.
    progress : Progress
        Of the training.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Path(folder) / "half.npz", {"w": np.ones(2)}, Progress(losses=[0.5], validations=[0.6]))
    ...     weights = {"w": np.zeros(2)}
    ...     print(read(Path(folder) / "half.npz", weights).losses, weights["w"])
    [0.5] [1. 1.]
    """
    tables = {"now": parameters, "best": progress.best}
    tables |= {"mean": progress.adam.mean, "square": progress.adam.square}
    arrays = {
        f"{table}/{name}": array.get() if hasattr(array, "get") else array
        for table, entries in tables.items()
        for name, array in entries.items()
    }
    arrays["history"] = np.array([progress.losses, progress.validations])
    arrays["steps"] = np.array(progress.adam.steps)
    arrays["terms"] = np.array(list(progress.terms.items()), str)
    with replacing(path) as file:
        write_arrays(file, arrays)


def read(
    path: Path, parameters: Mapping[str, Array], terms: Mapping[str, str] | None = None
) -> Progress:  # fmt: skip
    """Read a checkpoint: set the parameters, in place, and return the progress.

    Parameters
    ----------
    path : Path
        What `write` wrote.
    parameters : mapping
        Of the same names and shapes.
    terms : mapping, optional
        What those of the progress must be; anything if left out.

    Raises
    ------
    RequestError
        If the file is no checkpoint, or one of other parameters or terms.
    """
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            arrays = dict(file)
        losses, validations = arrays.pop("history").tolist()
        steps = int(arrays.pop("steps"))
        agreed = dict(arrays.pop("terms").tolist())
        tables: dict[str, Parameters] = {"now": {}, "best": {}, "mean": {}, "square": {}}
        for key, array in arrays.items():
            table, _, name = key.partition("/")
            tables[table][name] = array
    except _DAMAGE as error:
        raise RequestError(
            f"{path} is no checkpoint of a training ({type(error).__name__}: {error}). Remove it, or name "
            "another file."
        ) from None
    found = {name: array.shape for name, array in tables["now"].items()}
    wanted = {name: array.shape for name, array in parameters.items()}
    if found != wanted:
        other = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
        raise RequestError(
            f"{path} is a checkpoint of other parameters: {', '.join(other)} differ. Remove it, or name "
            "another file."
        )
    changed = {} if terms is None else {name: (agreed.get(name), now) for name, now in terms.items()}
    if differ := [f"{name} {was}, not {now}" for name, (was, now) in changed.items() if was != now]:
        raise RequestError(
            f"{path} is a checkpoint of a training with {', '.join(differ)}. Go on with the same, or name "
            "another file."
        )
    for name, array in tables["now"].items():
        parameters[name][...] = _like(array, parameters[name])
    for table in ("best", "mean", "square"):
        tables[table] = {name: _like(array, parameters[name]) for name, array in tables[table].items()}
    adam = AdamState(steps, tables["mean"], tables["square"])
    return Progress(adam, losses, validations, tables["best"], agreed)


def _like(array: Array, other: Array) -> Array:
    """Return an array of NumPy in the library of another."""
    if isinstance(other, np.ndarray):
        return array
    import cupy  # only where the parameters are CuPy's

    return cupy.asarray(array)
