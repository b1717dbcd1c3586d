"""Settings that count for one kind of a part alone, and are varied in vain with another.

They may be set with any kind, so that a kind can be changed and changed back.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable, Iterator

from neurogate.config.schema import AnySimulation

__all__ = ["in_vain"]

_ONLY_FOR = {
    "reservoir.recurrent.probability": "fixed_probability",
    "reservoir.recurrent.in_degree": "fixed_in_degree",
    "reservoir.synapse.rise_ms": "double_exponential",
    "reservoir.trace.rise_ms": "double_exponential",
}


def in_vain(varied: Iterable[str], simulations: Collection[AnySimulation]) -> Iterator[str]:
    """Say which keys change nothing, whichever value they have.

    Parameters
    ----------
    varied : iterable of str
        Key paths.
    simulations : collection of Simulation or WaveformSimulation
        All that the keys are varied in.

    Examples
    --------
    >>> from neurogate.config import Simulation
    >>> print(*in_vain(["reservoir.recurrent.in_degree"], [Simulation()]))
    reservoir.recurrent.in_degree is varied, but counts only if reservoir.recurrent.kind is fixed_in_...
    """
    for key in varied:
        where, kind = f"{key.rpartition('.')[0]}.kind", _ONLY_FOR.get(key)
        if kind and kind not in map(operator.attrgetter(where), simulations):
            yield (
                f"{key} is varied, but counts only if {where} is {kind}, and no point has that; "
                f"leave it out, or give --set {where}={kind}."
            )
