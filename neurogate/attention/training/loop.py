"""The loop: batches, steps, a rate that falls, checkpoints, and an end when nothing gets better.

It trains anything whose parameters are a dict of arrays: a layer, or several of them under one roof.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from neurogate.attention.arrays import Array
from neurogate.attention.examples import over_examples
from neurogate.attention.layer import Parameters
from neurogate.attention.options import whole_number
from neurogate.attention.training.adam import Adam
from neurogate.attention.training.checkpoint import Progress, read, write
from neurogate.attention.training.steps import clipped, cosine
from neurogate.errors import RequestError, RunError
from neurogate.units import Count, Positive, Seed, settings

__all__ = ["Epoch", "Training", "fit"]

Objective = Callable[[NDArray[np.intp], np.random.Generator], tuple[float, Parameters]]


@attrs.frozen
class Epoch:
    """How training stands after one pass over the data.

    Parameters
    ----------
    number : int
        From 1 on.
    loss : float
        Mean over its batches.
    validation : float
        What `validate` said, or NaN.

    Examples
    --------
    >>> print(Epoch(3, 0.51234, 0.6))
    epoch 3: loss 0.5123, validation 0.6
    """

    number: int
    loss: float
    validation: float = math.nan

    def __str__(self) -> str:
        """Say it in a line."""
        judged = "" if math.isnan(self.validation) else f", validation {self.validation:.4g}"
        return f"epoch {self.number}: loss {self.loss:.4g}{judged}"


@settings
class Training:
    """How long, in which portions, and with which steps.

    Parameters
    ----------
    epochs : int
        Passes over the data, at most.
    batch : int
        Examples of a step; the last batch of an epoch may be smaller.
    optimiser : Adam
        Of the steps.
    warmup : int
        Steps in which the rate rises; then it falls along a cosine to 0.
    largest : float
        Norm over all gradients to which they are shortened.
    patience : int, optional
        Stop after so many epochs without a better validation, and return to the best parameters. A validation
        of NaN is never better.
    seed : int
        Of the order of the examples and of whatever the objective draws.
    shares : int
        Parts of a batch, which threads take through the objective side by side
        (`neurogate.attention.examples`), on NumPy's arrays. Gradients of parts are averaged by how many
        examples each has, so the objective must be a mean in which every example counts the same: no batch
        norm, no ignored labels, no weights; and it must not write to what its other calls use. Bits depend on
        the number of shares, and then not on that of threads, but for those of `validate`.
    """

    epochs: Count = 10
    batch: Count = 32
    optimiser: Adam = attrs.field(factory=Adam)
    warmup: int = 0
    largest: Positive = 1.0
    patience: Count | None = None
    seed: Seed = 0
    shares: Count = 1


def fit(
    parameters: Mapping[str, Array], objective: Objective, count: int, training: Training | None = None, *,
    validate: Callable[[], float] | None = None, checkpoint: Path | str | None = None,
    tell: Callable[[Epoch], object] | None = None,
) -> list[Epoch]:  # fmt: skip
    """Train parameters in place.

    Parameters
    ----------
    parameters : mapping
        Arrays by name; those that the objective gives a gradient of are changed.
    objective : callable
        Takes the indices of a batch and a generator to draw from, and returns the mean loss and the
        gradients by name.
    count : int
        How many examples there are.
    training : Training, optional
        How.
    validate : callable, optional
        Returns a number that is better when smaller, after each epoch.
    checkpoint : path, optional
        File to go on from if it is there; it is written after each epoch, whole or not at all. What goes on
        must have the same `count`, `batch`, `seed` and `shares`. Other settings may change, as a rate that
        proved too large: with more epochs the rate falls along the longer cosine from there on.
    tell : callable, optional
        Is given each epoch, as `print` is.

    Returns
    -------
    list of Epoch
        All of them, those before an interruption too. The same seed gives the same bits, interrupted or not.

    Raises
    ------
    RequestError
        If there is no example, patience without a validation, a checkpoint of other settings or a folder that
        is not there, or an objective that returns something else.
    RunError
        If a loss is not finite.

    Examples
    --------
    >>> x, parameters = np.arange(8.0), {"slope": np.zeros(1)}
    >>> def objective(batch, rng):
    ...     off = parameters["slope"] * x[batch] - 2 * x[batch]
    ...     return float((off**2).mean()), {"slope": np.array([2 * (off * x[batch]).mean()])}
    >>> training = Training(epochs=40, batch=4, optimiser=Adam(rate=0.3), largest=100.0)
    >>> history = fit(parameters, objective, 8, training)
    >>> bool(abs(parameters["slope"] - 2) < 0.05), len(history)
    (True, 40)
    """
    training = training or Training()
    count = whole_number("count", count, of="examples")
    if training.patience is not None and validate is None:
        raise RequestError("patience asks for a validation. Give validate too, or leave patience out.")
    terms = _terms(training, count)
    progress, checkpoint = Progress(terms=terms), None if checkpoint is None else Path(checkpoint)
    if checkpoint is not None and not checkpoint.parent.is_dir():
        raise RequestError(f"There is no folder {checkpoint.parent}, in which to keep {checkpoint.name}.")
    if checkpoint is not None and checkpoint.exists():
        progress = read(checkpoint, parameters, terms)
    steps = training.epochs * math.ceil(count / training.batch)
    while len(progress.losses) < training.epochs and not _tired(progress.validations, training.patience):
        progress.losses.append(_epoch(parameters, objective, count, training, progress, steps))
        progress.validations.append(math.nan if validate is None else float(validate()))
        if _best(progress.validations) == len(progress.losses) - 1:
            progress.best = {name: array.copy() for name, array in parameters.items()}
        if checkpoint is not None:
            write(checkpoint, parameters, progress)
        if tell is not None:
            tell(Epoch(len(progress.losses), progress.losses[-1], progress.validations[-1]))
    for name, array in progress.best.items() if training.patience is not None else ():
        parameters[name][...] = array
    rows = zip(progress.losses, progress.validations, strict=True)
    return [Epoch(number, *row) for number, row in enumerate(rows, start=1)]


def _terms(training: Training, count: int) -> dict[str, str]:
    """Return what must not change between the epochs of one training: who is drawn when, and its bits."""
    shared = {"count": count, "batch": training.batch, "seed": training.seed, "shares": training.shares}
    return {name: str(number) for name, number in shared.items()}


def _epoch(
    parameters: Mapping[str, Array], objective: Objective, count: int, training: Training,
    progress: Progress, steps: int,
) -> float:  # fmt: skip
    """Take the steps of one epoch and return the mean loss."""
    number = len(progress.losses) + 1
    rng = np.random.default_rng([training.seed, number])
    order, total = rng.permutation(count), 0.0
    for first in range(0, count, training.batch):
        batch = order[first : first + training.batch]
        loss, gradients = _shared(objective, batch, rng, training.shares)
        if not math.isfinite(loss):
            raise RunError(
                f"The loss is {loss} in epoch {number}. Lower the rate, which is "
                f"{training.optimiser.rate:g}, or the largest gradient, which is {training.largest:g}."
            )
        times = cosine(progress.adam.steps, steps, warmup=training.warmup)
        gradients = clipped(gradients, training.largest)
        progress.adam = training.optimiser.update(parameters, gradients, progress.adam, times)
        total += loss * len(batch)
    return total / count


def _shared(
    objective: Objective, batch: NDArray[np.intp], rng: np.random.Generator, shares: int
) -> tuple[float, Parameters]:
    """Return the mean loss of a batch and its gradients, of parts that threads take side by side."""
    if shares == 1:
        return _answer(objective(batch, rng))
    drawn = int(rng.integers(2**63))

    def some(part: slice) -> tuple[float, float, Parameters]:
        mine = batch[part]
        return len(mine) / len(batch), *_answer(objective(mine, np.random.default_rng([drawn, part.start])))

    parts = over_examples(some, len(batch), shares)
    gradients: Parameters = {}
    if len({frozenset(found) for *_, found in parts}) > 1:
        raise RequestError("Parts of a batch have gradients of other names. Give all in each, or shares=1.")
    for share, _, found in parts:
        gradients |= {name: gradients.get(name, 0) + share * array for name, array in found.items()}
    return sum(share * loss for share, loss, _ in parts), gradients


def _answer(answer: Any) -> tuple[float, Parameters]:
    """Return what an objective returned, or complain."""
    wanted = "Give the loss, a number, and a dict of gradients by name."
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise RequestError(f"objective returned {answer!r}. {wanted}")
    loss, gradients = answer
    if not isinstance(gradients, Mapping):
        raise RequestError(f"objective returned {type(gradients).__name__} as gradients. {wanted}")
    try:
        return float(loss), dict(gradients)
    except (TypeError, ValueError):
        raise RequestError(f"objective returned {loss!r} as the loss. {wanted}") from None


def _tired(validations: Sequence[float], patience: int | None) -> bool:
    """Whether the best epoch lies as far back as patience allows."""
    return patience is not None and len(validations) - 1 - _best(validations) >= patience


def _best(validations: Sequence[float]) -> int:
    """Return the place of the first that is smallest, NaN left out; -1 if there is none."""
    judged = [i for i, each in enumerate(validations) if not math.isnan(each)]
    return min(judged, key=validations.__getitem__, default=-1)
