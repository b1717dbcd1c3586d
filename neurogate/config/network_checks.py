"""Checks of a network by itself: what its distributions can give, and what its files hold.

What only the whole configuration can tell is checked in `neurogate.config.checks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from neurogate.config.parts import AnyReservoirSpec
from neurogate.config.structuring import plain
from neurogate.errors import RequestError
from neurogate.network.rates import AnyRateSpec, EchoState
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant, Distribution, FromFile, Gamma, Normal
from neurogate.neurons.models import MODELS
from neurogate.neurons.presets import PRESETS
from neurogate.units import Domain, shown

__all__ = ["network_problems"]

Ranges = dict[str, tuple[Distribution, Domain]]
Needs = dict[str, tuple[Distribution, int | None]]
_TIME = Domain(0, low_open=True, unit="ms")


def network_problems(
    reservoir: AnyReservoirSpec, *, longest_ms: float, channels: int, readouts: int
) -> Iterator[str]:
    """Say which distributions of a network can give values that make no sense, and which files do not fit.

    Parameters
    ----------
    reservoir : ReservoirSpec, EchoState or Leaky
    longest_ms : float
        The longest delay that is of use.
    channels, readouts : int
        Input channels, and readouts that are fed back.

    Examples
    --------
    >>> list(network_problems(ReservoirSpec(), longest_ms=100.0, channels=6, readouts=3))
    []
    """
    if isinstance(reservoir, ReservoirSpec):
        ranges, needs = _ranges(reservoir, longest_ms), _needs(reservoir, channels, readouts)
    else:
        ranges, needs = _rate_ranges(reservoir), _rate_needs(reservoir, channels, readouts)
    yield from _files(needs)
    for path, (distribution, domain) in ranges.items():
        problem = next(filter(None, map(domain.problem, _extremes(distribution))), None)
        if problem:
            advice = " (a normal distribution up to 6 sd)" if isinstance(distribution, Normal) else ""
            yield f"{path} is {shown(plain(distribution))}; every number drawn {problem}{advice}."


def _ranges(reservoir: ReservoirSpec, longest_ms: float) -> Ranges:
    """Return the distributions of a spiking network of which not every number makes sense."""
    ranges: Ranges = {
        "reservoir.synapse.tau_ms": (reservoir.synapse.tau_ms, _TIME),
        "reservoir.trace.tau_ms": (reservoir.trace.tau_ms, _TIME),
        "reservoir.synapse.rise_ms": (reservoir.synapse.rise_ms, _TIME),
        "reservoir.trace.rise_ms": (reservoir.trace.rise_ms, _TIME),
        "reservoir.recurrent.delay_ms": (reservoir.recurrent.delay_ms, Domain(0, longest_ms, unit="ms")),
        "reservoir.inputs.noise_sd": (reservoir.inputs.noise_sd, Domain(0)),
    }
    if (short_term := reservoir.synapse.short_term) is not None:
        path = "reservoir.synapse.short_term"
        ranges[f"{path}.use"] = short_term.use, Domain(0, 1, low_open=True)
        ranges[f"{path}.facilitation_ms"] = short_term.facilitation_ms, _TIME
        ranges[f"{path}.depression_ms"] = short_term.depression_ms, _TIME
    for side in ("excitatory", "inhibitory"):
        population = getattr(reservoir.cells, side)
        domains = {p.name: p.domain for p in MODELS[PRESETS[population.preset].model].parameters}
        for name, distribution in population.parameters.items():
            ranges[f"reservoir.cells.{side}.parameters.{name}"] = distribution, domains[name]
    return ranges


def _rate_ranges(reservoir: AnyRateSpec) -> Ranges:
    ranges: Ranges = {
        "reservoir.tau_ms": (reservoir.tau_ms, _TIME),
        "reservoir.inputs.noise_sd": (reservoir.inputs.noise_sd, Domain(0)),
    }
    if reservoir.adaptation is not None:
        ranges["reservoir.adaptation.tau_ms"] = reservoir.adaptation.tau_ms, _TIME
    return ranges


def _needs(reservoir: ReservoirSpec, channels: int, readouts: int) -> Needs:
    """Return how many numbers each distribution of a spiking network must give, None if that is drawn."""
    excitatory, inhibitory = reservoir.cells.split(reservoir.n)
    recurrent = reservoir.recurrent
    fixed = recurrent.kind == "fixed_in_degree"
    synapses = reservoir.n * recurrent.in_degree if fixed else None
    needs: Needs = {
        "reservoir.synapse.tau_ms": (reservoir.synapse.tau_ms, reservoir.n),
        "reservoir.trace.tau_ms": (reservoir.trace.tau_ms, reservoir.n),
        "reservoir.synapse.rise_ms": (reservoir.synapse.rise_ms, reservoir.n),
        "reservoir.trace.rise_ms": (reservoir.trace.rise_ms, reservoir.n),
        "reservoir.inputs.noise_sd": (reservoir.inputs.noise_sd, reservoir.n),
        "reservoir.inputs.weight": (reservoir.inputs.weight, reservoir.n * channels),
        "reservoir.inputs.feedback": (reservoir.inputs.feedback, reservoir.n * readouts),
        "reservoir.recurrent.weight": (recurrent.weight, synapses),
        "reservoir.recurrent.delay_ms": (recurrent.delay_ms, synapses),
    }
    if (short_term := reservoir.synapse.short_term) is not None:
        senders = excitatory if short_term.senders == "excitatory" else reservoir.n
        for key in ("use", "facilitation_ms", "depression_ms"):
            needs[f"reservoir.synapse.short_term.{key}"] = getattr(short_term, key), senders
    if reservoir.cells.start_mV is not None:
        needs["reservoir.cells.start_mV"] = reservoir.cells.start_mV, reservoir.n
    for side, count in (("excitatory", excitatory), ("inhibitory", inhibitory)):
        population = getattr(reservoir.cells, side)
        of_side = {
            "bias": population.bias,
            **{f"parameters.{k}": d for k, d in population.parameters.items()},
        }
        needs |= {f"reservoir.cells.{side}.{key}": (d, count) for key, d in of_side.items()}
    return needs


def _rate_needs(reservoir: AnyRateSpec, channels: int, readouts: int) -> Needs:
    needs: Needs = {
        "reservoir.tau_ms": (reservoir.tau_ms, reservoir.n),
        "reservoir.bias": (reservoir.bias, reservoir.n),
        "reservoir.inputs.noise_sd": (reservoir.inputs.noise_sd, reservoir.n),
        "reservoir.inputs.weight": (reservoir.inputs.weight, reservoir.n * channels),
        "reservoir.inputs.feedback": (reservoir.inputs.feedback, reservoir.n * readouts),
    }
    if isinstance(reservoir, EchoState):
        needs["reservoir.weight"] = reservoir.weight, reservoir.n * reservoir.in_degree
    if reservoir.adaptation is not None:
        for key in ("strength", "tau_ms"):
            needs[f"reservoir.adaptation.{key}"] = getattr(reservoir.adaptation, key), reservoir.n
    return needs


def _files(needs: Needs) -> Iterator[str]:
    """Say which files hold other than one number for each thing that needs one."""
    for path, (distribution, wanted) in needs.items():
        if not isinstance(distribution, FromFile) or not Path(distribution.path).is_file():
            continue
        if wanted is None:
            yield (
                f"{path} is read from a file, but the number of connections is drawn; it must be a "
                "distribution, or reservoir.recurrent.kind must be fixed_in_degree."
            )
            continue
        try:
            distribution.sample(np.random.default_rng(0), wanted)
        except RequestError as error:
            yield f"{path}: {error}"


def _extremes(distribution: Distribution) -> tuple[float, ...]:
    """Return the smallest and the largest number that will ever be drawn, as far as they are known."""
    if isinstance(distribution, Constant):
        return (distribution.value,)
    if isinstance(distribution, Normal):
        reach = 6 * distribution.sd
        return distribution.mean - reach, distribution.mean + reach
    if isinstance(distribution, Gamma):
        return (distribution.mean,)
    return () if isinstance(distribution, FromFile) else (distribution.low, distribution.high)
