"""OAT learns searches by being told each true step in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from neurogate.attention.layer import Parameters
from neurogate.attention.training.adam import Adam
from neurogate.attention.training.loop import Epoch, Training, fit
from neurogate.attention.training.losses import IGNORED, cross_entropy
from neurogate.errors import RequestError
from neurogate.scanpath.metrics.search import delta, mean_behaviour
from neurogate.scanpath.models.oat.looking import likeliest_searches
from neurogate.scanpath.models.oat.model import OAT
from neurogate.scanpath.models.oat.shelf import Shelf, batch

__all__ = ["PUBLISHED", "Example", "judged", "learn", "loss"]

PUBLISHED = Training(epochs=500, batch=20, optimiser=Adam(rate=1e-4), largest=1.0, patience=30)
"""As the authors train, but for the rate, which stays as it is there and falls along a cosine here."""

Whole = NDArray[np.intp]


@attrs.frozen(eq=False)
class Example:
    """A shelf and how someone searched it.

    Parameters
    ----------
    shelf : Shelf
        The objects.
    path : sequence of int
        Those fixated, at least one.
    """

    shelf: Shelf
    path: Sequence[int]


def loss(
    model: OAT, examples: Sequence[Example], rng: np.random.Generator | None = None
) -> tuple[float, Parameters]:
    """Return the mean cross-entropy of all true steps, the end too, and its gradients.

    Parameters
    ----------
    model : OAT
        What learns.
    examples : sequence of Example
        A batch; shelves and paths may differ in size.
    rng : numpy.random.Generator, optional
        Of the dropout; nothing is lost without it.

    Examples
    --------
    >>> from neurogate.scanpath.models.oat.simulated import drawn_shelf
    >>> model = OAT(features=8, d_model=36, hidden=8, encoders=1, decoders=1, longest=6)
    >>> value, _ = loss(model, [Example(drawn_shelf(np.random.default_rng(0), (2, 3)), [1, 2])])
    >>> bool(0 < value < 10)
    True
    """
    fixated, labels = _told([example.path for example in examples], max(len(e.shelf) for e in examples))
    scores, cache = model.forward(batch([example.shelf for example in examples]), fixated, rng=rng)
    value, dscores = cross_entropy(scores, labels)
    return value, model.backward(dscores, cache)[1]


def learn(
    model: OAT, examples: Sequence[Example], training: Training = PUBLISHED, *,
    judge: Sequence[Example] = (), tell: Callable[[Epoch], object] | None = None,
) -> list[Epoch]:  # fmt: skip
    """Train a model, in place.

    Parameters
    ----------
    model : OAT
        Its parameters change.
    examples : sequence of Example
        What it learns from.
    training : Training
        How. With patience, training ends when the likeliest searches are no longer nearer to the true ones.
    judge : sequence of Example
        Other shelves, of which `judged` is taken after each epoch.
    tell : callable, optional
        Is given each epoch, as `print` is.

    Returns
    -------
    list of Epoch
        Their losses, and delta of the examples to judge.

    Raises
    ------
    RequestError
        If there is no example, or patience without any to judge.

    Examples
    --------
    >>> from neurogate.scanpath.models.oat.simulated import Searcher, drawn_shelf
    >>> model = OAT(features=8, d_model=36, hidden=8, encoders=1, decoders=1, longest=6)
    >>> rng = np.random.default_rng(0)
    >>> shelves = [drawn_shelf(rng, (2, 3)) for _ in range(8)]
    >>> examples = [Example(made, Searcher().search(made, rng)) for made in shelves]
    >>> len(learn(model, examples, Training(epochs=2)))
    2
    """

    def objective(which: Whole, rng: np.random.Generator) -> tuple[float, Parameters]:
        return loss(model, [examples[place] for place in which], rng)

    validate = (lambda: judged(model, judge)) if judge else None
    return fit(model.parameters, objective, len(examples), training, validate=validate, tell=tell)


def judged(model: OAT, examples: Sequence[Example], *, longest: int = 30) -> float:
    """Return delta of the model's likeliest searches from the true ones.

    Parameters
    ----------
    model : OAT
        What searches.
    examples : sequence of Example
        Shelves, and the true searches.
    longest : int
        Fixations after which a search ends.

    Raises
    ------
    RequestError
        If there are none, or delta is not defined.
    """
    if not examples:
        raise RequestError("There are no searches to judge by. Give at least one.")
    shelves = [example.shelf for example in examples]
    targets = [each.target for each in shelves]
    found = mean_behaviour(likeliest_searches(model, shelves, longest=longest), targets)
    return delta(found, mean_behaviour([example.path for example in examples], targets))


def _told(paths: Sequence[Sequence[int]], end: int) -> tuple[Whole, Whole]:
    """Return what is fixated (B, T), and what comes next (B, T + 1): paths with their end, filled up."""
    if not all(paths):
        raise RequestError("A search has no fixation. Leave it out.")
    longest = max(map(len, paths))
    fixated = np.zeros((len(paths), longest), dtype=np.intp)
    labels = np.full((len(paths), longest + 1), IGNORED, dtype=np.intp)
    for row, path in enumerate(paths):
        fixated[row, : len(path)] = path
        labels[row, : len(path) + 1] = [*path, end]
    return fixated, labels
