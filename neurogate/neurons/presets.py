"""Named parameter sets: the classical cell types, and populations that differ from neuron to neuron.

Here live what a named population is made of and how one is drawn. Distributions are defined in
`neurogate.neurons.distributions`, models in `neurogate.neurons.models`.

The classical types of 2003 are the seven of figure 2 of the paper. Of the types in chapter 8 of the
book of 2007 only those are here that the model's nine numbers say completely: regular spiking (figure
8.12), intrinsically bursting (8.19), chattering (8.23) and the spiny projection neuron of the
neostriatum. The book's fast spiking cell has a cubic recovery current, its low-threshold spiking and
thalamo-cortical cells a peak and a reset that depend on u, and its thalamo-cortical and reticular
cells a b that depends on v; nine numbers cannot say these, so they are left out.

References
----------
Izhikevich (2003), Simple model of spiking neurons, doi:10.1109/TNN.2003.820440 (types, and the
excitatory and inhibitory populations of its network).
Izhikevich (2007), Dynamical systems in neuroscience, MIT Press, chapter 8.
Nicola & Clopath (2017), Supervised learning in spiking neural networks with FORCE training,
doi:10.1038/s41467-017-01827-3 (with b = 0 and v_t = -20 mV as in the article; its published code has
b = -2 nS and v_t = -19.2 mV).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

import attrs
import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.neurons.distributions import Constant, Distribution, LogUniform
from neurogate.neurons.models import MODELS

__all__ = ["PRESETS", "Preset", "sample"]

Values = dict[str, NDArray[np.float64]]
Formula = Callable[[NDArray[np.float64], Values], NDArray[np.float64]]


@attrs.frozen
class Preset:
    """What a named population is made of.

    Parameters
    ----------
    model : str
        Name of the neuron model.
    parameters : mapping of str to Distribution or callable
        One entry for each parameter of the model, in row order. A callable gets r, shape (n,), one
        uniform number in [0, 1) per neuron that all formulae share, and the parameters above it.
    summary : str
        One line for listings.

    Examples
    --------
    >>> PRESETS["chattering_2003"].parameters["c"].value
    -50.0
    """

    model: str
    parameters: Mapping[str, Distribution | Formula]
    summary: str


def sample(
    preset: str, overrides: Mapping[str, Distribution], rng: np.random.Generator, n: int
) -> dict[str, NDArray[np.float64]]:
    """Draw the parameters of `n` neurons of a named population.

    Each parameter is drawn from a stream of its own, so replacing one leaves the others as they were,
    except those that the preset computes from it.

    Parameters
    ----------
    preset : str
        A name in `PRESETS`.
    overrides : mapping of str to Distribution
        Distributions to use instead of the preset's own, by parameter name.
    rng : numpy.random.Generator
        The only source of randomness.
    n : int
        Number of neurons.

    Returns
    -------
    dict of str to ndarray of float64, shape (n,)
        Every parameter of the preset's model, in row order.

    Raises
    ------
    RequestError
        If the preset or a parameter is unknown, or a drawn value lies outside its domain.

    Examples
    --------
    >>> values = sample("excitatory_2003", {"b": Constant(value=0.21)}, np.random.default_rng(0), 4)
    >>> list(values)
    ['a', 'b', 'c', 'd', 'v_peak']
    >>> bool(np.allclose(values["d"], 8 - 0.4 * (values["c"] + 65)))
    True
    """
    chosen = _named(preset)
    model = MODELS[chosen.model]
    unknown = [name for name in overrides if name not in model.names]
    if unknown:
        known = ", ".join(model.names)
        raise RequestError(f"{model.name} has no parameter {name!r}; it takes {known}." for name in unknown)
    r = rng.random(n)
    seeds = rng.integers(2**63, size=len(model.names))
    values: Values = {}
    for name, seed in zip(model.names, seeds, strict=True):
        source = overrides.get(name, chosen.parameters[name])
        values[name] = (
            source(r, values) if callable(source) else source.sample(np.random.default_rng(seed), n)
        )
    problems = model.problems(values)
    if problems:
        raise RequestError(f"Drawing {preset}: {problem}" for problem in problems)
    return values


def _named(preset: str) -> Preset:
    if preset not in PRESETS:
        near = difflib.get_close_matches(preset, PRESETS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise RequestError(f"There is no preset {preset!r}; there are {', '.join(PRESETS)}.{hint}")
    return PRESETS[preset]


def _constants(model: str, *values: float) -> dict[str, Distribution | Formula]:
    return {
        name: Constant(value=float(value)) for name, value in zip(MODELS[model].names, values, strict=True)
    }


# Columns: a in 1/ms, b in 1/ms, c in mV, d in mV/ms.
_TYPES_2003: Mapping[str, tuple[float, ...]] = {
    "regular_spiking": (0.02, 0.2, -65, 8),
    "intrinsically_bursting": (0.02, 0.2, -55, 4),
    "chattering": (0.02, 0.2, -50, 2),
    "fast_spiking": (0.1, 0.2, -65, 2),
    "low_threshold_spiking": (0.02, 0.25, -65, 2),
    "thalamo_cortical": (0.02, 0.25, -65, 0.05),
    "resonator": (0.1, 0.26, -65, 2),
}

# Columns: C in pF, k in nS/mV, v_r, v_t and v_peak in mV, a in 1/ms, b in nS, c in mV, d in pA.
_TYPES_2007: Mapping[str, tuple[float, ...]] = {
    "regular_spiking": (100, 0.7, -60, -40, 35, 0.03, -2, -50, 100),
    "intrinsically_bursting": (150, 1.2, -75, -45, 50, 0.01, 5, -56, 130),
    "chattering": (50, 1.5, -60, -40, 25, 0.03, 1, -40, 150),
    "spiny_projection": (50, 1, -80, -25, 40, 0.01, -20, -55, 150),
}


def _classical() -> dict[str, Preset]:
    rows = {(kind, "2003"): (*row, 30.0) for kind, row in _TYPES_2003.items()}
    rows.update({(kind, "2007"): row for kind, row in _TYPES_2007.items()})
    return {
        f"{kind}_{year}": Preset(
            f"izhikevich_{year}",
            _constants(f"izhikevich_{year}", *row),
            f"{kind.replace('_', ' ')}, Izhikevich {year}",
        )
        for (kind, year), row in rows.items()
    }


_MIXED_EXCITATORY: Mapping[str, Distribution | Formula] = {
    **_constants("izhikevich_2003", 0.02, 0.2, -65, 8, 30),
    "c": lambda r, _: -65 + 15 * r**2,
    "d": lambda r, _: 8 - 6 * r**2,
}

PRESETS: Mapping[str, Preset] = {
    "excitatory_2003": Preset(
        "izhikevich_2003", _MIXED_EXCITATORY, "from regular spiking to chattering, mostly regular"
    ),
    "inhibitory_2003": Preset(
        "izhikevich_2003",
        {
            **_constants("izhikevich_2003", 0.02, 0.25, -65, 2, 30),
            "a": lambda r, _: 0.02 + 0.08 * r,
            "b": lambda r, _: 0.25 - 0.05 * r,
        },
        "from low-threshold spiking to fast spiking",
    ),
    "adapting_excitatory": Preset(
        "izhikevich_2003",
        {
            **_MIXED_EXCITATORY,
            "a": LogUniform(low=0.0003, high=0.01),
            "d": lambda r, p: (8 - 6 * r**2) * np.sqrt(p["a"] / 0.02),
        },
        "like excitatory_2003, but u recovers with time constants from 100 ms to 3.3 s",
    ),
    "alike_adapting": Preset(
        "izhikevich_2003",
        # a: the geometric mean of that of adapting_excitatory; d follows from it at r = 0.
        _constants("izhikevich_2003", 0.001732, 0.2, -65, 2.354, 30),
        "adapting_excitatory with every neuron alike, u recovers in 577 ms",
    ),
    "nicola_clopath_2017": Preset(
        "izhikevich_2007",
        _constants("izhikevich_2007", 250, 2.5, -60, -20, 30, 0.01, 0, -65, 200),
        "the FORCE reservoir of Nicola & Clopath",
    ),
    **_classical(),
}
"""Populations by name."""
