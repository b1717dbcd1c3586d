"""The neurons of a network: which model, which parameters, excitatory or inhibitory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

from ..neurons.distributions import Distribution, Normal
from ..neurons.models import MODELS
from ..neurons.presets import PRESETS, sample
from ..units import Fraction, settings

__all__ = ["Cells", "Population"]

Array = npt.NDArray[Any]


@settings
class Population:
    """Neurons drawn alike.

    Parameters
    ----------
    preset : str
        Named parameter set, see ``neurogate list neurons``.
    parameters : mapping of str to Distribution
        Parameters of the neuron model that differ from the preset.
    bias : Distribution
        Constant current into each neuron, in the current unit of the model.

    Examples
    --------
    >>> Population(preset="excitatory_2003").bias.mean
    4.0
    """

    preset: str
    parameters: Mapping[str, Distribution] = attrs.field(factory=dict)
    bias: Distribution = Normal(mean=4.0, sd=1.0)

    def __attrs_post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ValueError(f"preset is {self.preset!r}; it must be one of {', '.join(PRESETS)}.")
        names = MODELS[PRESETS[self.preset].model].names
        unknown = [name for name in self.parameters if name not in names]
        if unknown:
            raise ValueError(
                f"parameters holds {', '.join(map(repr, unknown))}; "
                f"the preset {self.preset} takes {', '.join(names)}."
            )


@settings
class Cells:
    """The neurons of a network.

    Parameters
    ----------
    model : str
        Neuron model: izhikevich_2003 (4 parameters) or izhikevich_2007 (9 parameters).
    scheme : str
        Integration scheme: euler, or half_step (two half steps for v, then u).
    inhibitory_fraction : float
        Share of the neurons that are inhibitory; they come last.
    excitatory, inhibitory : Population
    start_mV : Distribution, optional
        Membrane potential at the beginning; without it neurons begin at rest.

    Examples
    --------
    >>> Cells().split(1000)
    (800, 200)
    """

    model: Literal["izhikevich_2003", "izhikevich_2007"] = "izhikevich_2003"
    scheme: Literal["euler", "half_step"] = "half_step"
    inhibitory_fraction: Fraction = 0.2
    excitatory: Population = Population(preset="adapting_excitatory")
    inhibitory: Population = Population(preset="inhibitory_2003")
    start_mV: Distribution | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("excitatory", "inhibitory"):
            preset = PRESETS[getattr(self, name).preset]
            if preset.model != self.model:
                fitting = ", ".join(key for key, value in PRESETS.items() if value.model == self.model)
                raise ValueError(
                    f"{name}.preset is {getattr(self, name).preset!r}, made for {preset.model}; "
                    f"with model {self.model} it must be one of {fitting}."
                )

    def split(self, n: int) -> tuple[int, int]:
        """Return how many of `n` neurons are excitatory and how many inhibitory."""
        inhibitory = round(n * self.inhibitory_fraction)
        return n - inhibitory, inhibitory

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draw the parameters (P, n), in the row order of the model, and the bias (n,) of n neurons."""
        model = MODELS[self.model]
        rows, bias = [], []
        for population, count in zip((self.excitatory, self.inhibitory), self.split(n), strict=True):
            rows.append(model.pack(sample(population.preset, population.parameters, rng, count)))
            bias.append(population.bias.sample(rng, count))
        return np.concatenate(rows, axis=1), np.concatenate(bias)
