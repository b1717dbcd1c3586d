"""Make a gated layer by its name, and how well each agrees with its authors' numbers.

The rows themselves are `neurogate.attention.entries`.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.resources
import json
import math
from typing import TYPE_CHECKING, Any

import attrs

from neurogate.attention.entries import CATALOGUE, Entry
from neurogate.errors import RequestError

if TYPE_CHECKING:
    from neurogate.attention.layer import Layer

__all__ = ["CATALOGUE", "Entry", "agreement", "layer_class", "make"]


def make(name: str, **settings: Any) -> Layer:
    """Make a layer by its name.

    Parameters
    ----------
    name : str
        One of the catalogue; `neurogate list gates` shows it.
    **settings
        Of the layer.

    Returns
    -------
    Layer
        With its parameters drawn from its seed.

    Raises
    ------
    RequestError
        If there is no such layer, no such setting, or a setting is not allowed.

    Examples
    --------
    >>> make("feature_selection", d_model=8, heads=2).count
    888
    >>> make("feature_selektion")
    Traceback (most recent call last):
    neurogate.errors.RequestError: There is no gate feature_selektion. Did you mean feature_selection?
    """
    cls: Any = layer_class(name)
    allowed = [field.name for field in attrs.fields(cls) if field.init]
    for unknown in settings.keys() - set(allowed):
        raise RequestError(f"{name} has no setting {unknown}. It has {', '.join(allowed)}.")
    try:
        layer: Layer = cls(**settings)
    except ValueError as error:
        raise RequestError(str(error)) from None
    return layer


def layer_class(name: str) -> type[Layer]:
    """Import the class of a layer.

    Parameters
    ----------
    name : str
        One of the catalogue.

    Raises
    ------
    RequestError
        If there is no such layer.

    Examples
    --------
    >>> layer_class("feature_selection").__name__
    'FeatureSelectionGates'
    """
    places = {entry.name: entry.place for entry in CATALOGUE}
    if name not in places:
        near = difflib.get_close_matches(str(name).lower(), places, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(places)}."
        raise RequestError(f"There is no gate {name}. {hint}")
    module, _, cls = places[name].partition(":")
    found: type[Layer] = getattr(importlib.import_module(f"neurogate.attention.layers.{module}"), cls)
    return found


def agreement() -> dict[str, tuple[float, float]]:
    """Return how far each gate is from stored arrays of its authors' code, or of a reference.

    Returns
    -------
    dict
        By name, the largest error forward and backward, relative to the largest number of an array, as
        `make oracles` measured them; NaN where only one direction is stored. A gate that is missing has no
        stored arrays; one with an `oracle` has those of its operator alone.

    Examples
    --------
    >>> all(error < 1e-5 for errors in agreement().values() for error in errors if error == error)
    True
    """
    text = importlib.resources.files("neurogate.attention").joinpath("agreement.json").read_text("utf-8")
    rows = json.loads(text)["gates"]
    rows |= {entry.name: rows[entry.oracle] for entry in CATALOGUE if entry.oracle}
    return {name: (_number(row["forward"]), _number(row["backward"])) for name, row in rows.items()}


def _number(stored: float | None) -> float:
    return math.nan if stored is None else stored
