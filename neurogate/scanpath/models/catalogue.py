"""The models of gaze that can be asked for by name, and how their settings are changed by name.

Not here are NevaClip, which needs an encoder of the user's, and object-level models, which need a layout.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.models.baselines import CentreBias, Drawn, Uniform
from neurogate.scanpath.models.collicular import Collicular
from neurogate.scanpath.models.gravity import Gravity, detail
from neurogate.scanpath.models.levy import LevyExploration
from neurogate.scanpath.models.lif_winner import LifWinner
from neurogate.scanpath.models.model import Model
from neurogate.scanpath.models.neva import NeVA
from neurogate.scanpath.models.recognition import Recognition
from neurogate.scanpath.models.spiking import Spiking
from neurogate.scanpath.models.stripes import stripes, trained
from neurogate.scanpath.models.winner_take_all import WinnerTakeAll
from neurogate.scanpath.vision.contrast import contrast
from neurogate.scanpath.vision.itti_koch import itti_koch
from neurogate.units import Unfit, conform, field_types, shown

__all__ = ["CATALOGUE", "ELSEWHERE", "PRIORITIES", "Entry", "make"]

Values = NDArray[np.float64]
PRIORITIES: Mapping[str, Callable[[Values], Values]] = {
    "contrast": contrast, "itti_koch": itti_koch, "detail": detail,
}  # fmt: skip
"""What makes a map of priority of a picture, by name."""
ELSEWHERE: Mapping[str, str] = {
    "nevaclip": "neurogate.scanpath.models.nevaclip", "oat": "neurogate.scanpath.models.oat",
}  # fmt: skip
"""Models that need more than a picture, and where they are."""
_PLAIN = (int, float, str, tuple, type(None))
_NOT_PLAIN = ("gates", "task")


@attrs.frozen(eq=False)
class Entry:
    """A model by its name.

    Parameters
    ----------
    made : callable
        Its class, or what makes one of it.
    summary : str
        What it is, in a line.
    """

    made: Callable[..., Any]
    summary: str

    def defaults(self) -> dict[str, Any]:
        """Return the settings that can be changed, with their values; those of parts have dots."""
        return dict(_flat(self.made()))


def _neva(**settings: Any) -> NeVA:
    return NeVA(**{"task": _recogniser(), "size": (48, 64), "fixations": 9, **settings})


@functools.cache
def _recogniser() -> Recognition:
    return Recognition(trained(stripes(400, seed=1)))


CATALOGUE: Mapping[str, Entry] = {
    "spiking": Entry(Spiking, "Izhikevich cells compete; attention, inhibition of return, own durations"),
    "collicular": Entry(Collicular, "the same on the log-polar maps of the superior colliculi"),
    "winner_take_all": Entry(WinnerTakeAll, "the highest place of the map, then what inhibition leaves"),
    "itti_koch": Entry(LifWinner, "Itti-Koch: integrate-and-fire cells, the first to spike wins, own times"),
    "levy": Entry(LevyExploration, "constrained Levy exploration: Cauchy jumps in the map's potential"),
    "gravity": Entry(Gravity, "G-Eymol: a mass that details attract and friction stops, own durations"),
    "neva": Entry(_neva, "looks where a network, trained on stripes, would recognise better"),
    "drawn": Entry(functools.partial(Drawn, itti_koch), "places drawn from the map, each alone"),
    "centre_bias": Entry(CentreBias, "places drawn around the centre, whatever there is to see"),
    "uniform": Entry(Uniform, "places drawn anywhere"),
}
"""Models that look at any picture."""


def make(name: str, settings: Mapping[str, Any] | None = None) -> Model:
    """Return a model.

    Parameters
    ----------
    name : str
        In `CATALOGUE`.
    settings : mapping of str to object, optional
        What is changed, with dots for settings of parts; ``priority`` by its name in `PRIORITIES`.

    Raises
    ------
    RequestError
        If there is no such model, it has no such setting, or a value is of another type or out of range.

    Examples
    --------
    >>> make("spiking", {"circuit.noise": 5, "fixations": 4}).circuit.noise
    5.0
    >>> make("levy", {"noise": 5})
    Traceback (most recent call last):
    neurogate.errors.RequestError: levy has no setting noise. It has priority, fixations, candidates, ...
    """
    if name not in CATALOGUE:
        python = f" {name} is for Python only; see {ELSEWHERE[name]}." if name in ELSEWHERE else ""
        raise RequestError(
            f"There is no model {name}. There are {', '.join(CATALOGUE)}.{python or _meant(name, CATALOGUE)}"
        )
    made = CATALOGUE[name].made
    model: Model = made()
    changes = dict(settings or {})
    if not changes:
        return model
    known = dict(_flat(model))
    unknown = [key for key in changes if key not in known]
    if unknown:
        hint = _meant(unknown[0], known)
        raise RequestError(f"{name} has no setting {unknown[0]}. It has {', '.join(known)}.{hint}")
    for key, value in changes.items():
        try:
            model = _put(model, key.split("."), value)
        except Unfit as unfit:
            allowed = f"it must be {unfit.allowed}."
            raise RequestError(f"{key} of {name} is {shown(unfit.value)}; {allowed}") from None
    return model


def _meant(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _flat(part: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in attrs.fields(type(part)):
        value, key = getattr(part, field.name), f"{prefix}{field.name}"
        if attrs.has(type(value)) and not callable(value):
            yield from _flat(value, f"{key}.")
        elif field.name == "priority" or (isinstance(value, _PLAIN) and field.name not in _NOT_PLAIN):
            yield key, value


def _put(part: Any, path: list[str], value: Any) -> Any:
    head, *rest = path
    if rest:
        return attrs.evolve(part, **{head: _put(getattr(part, head), rest, value)})
    if head == "priority" and value not in PRIORITIES:
        raise Unfit(value, " or ".join(PRIORITIES))
    cls: Any = type(part)
    fitting = PRIORITIES[value] if head == "priority" else conform(field_types(cls)[head], value)
    return attrs.evolve(part, **{head: fitting})
