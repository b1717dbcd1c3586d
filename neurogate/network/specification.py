"""What a spiking reservoir is made of, as a value.

How its parts are drawn is said in the modules of the parts; how the network is built and run, in
`neurogate.network.reservoir`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from ..units import Domain, Milliseconds, NonNegative, settings
from .cells import Cells
from .filters import Synapse, Trace
from .inputs import Inputs
from .recurrent import Recurrent

__all__ = ["ReservoirSpec"]

_MOST_EVENTS = 20


@settings
class ReservoirSpec:
    """What a reservoir is made of.

    Parameters
    ----------
    n : int
        Number of neurons.
    gain : float
        Strength g of the recurrent weights; 0 leaves the neurons unconnected.
    dt_ms : float
        Time step.
    cells : Cells
    recurrent : Recurrent
    synapse : Synapse
    inputs : Inputs
    trace : Trace

    Examples
    --------
    >>> ReservoirSpec(n=200).cells.split(200)
    (160, 40)
    """

    implied_kind: ClassVar[str] = "spiking"
    """The kind of reservoir that is meant where none is named, and that is never written out."""

    n: Annotated[int, Domain(1, 1_000_000)] = 1000
    gain: NonNegative = 1.0
    dt_ms: Milliseconds = 1.0
    cells: Cells = Cells()
    recurrent: Recurrent = Recurrent()
    synapse: Synapse = Synapse()
    inputs: Inputs = Inputs()
    trace: Trace = Trace()

    def __attrs_post_init__(self) -> None:
        rate, most = self.inputs.poisson_rate_hz, 1000 * _MOST_EVENTS / self.dt_ms
        if rate > most:
            raise ValueError(
                f"inputs.poisson_rate_hz is {rate:g}; it must be at most {most:g} Hz, "
                f"{_MOST_EVENTS} spikes in a step of {self.dt_ms:g} ms."
            )
