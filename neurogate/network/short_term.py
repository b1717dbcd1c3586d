r"""Short-term plasticity: synapses that are stronger, or weaker, for a while after they were used.

Each sender has a utilisation m and resources x, which its synapses share. Between spikes
:math:`\dot m = (U - m) / \tau_F` and :math:`\dot x = (1 - x) / \tau_D`; a spike passes on its weight times
:math:`m x / U`, and then :math:`x \leftarrow x - m x` and :math:`m \leftarrow m + U (1 - m)`, both from the m
before the spike. So a spike after a long rest passes on just its weight; with a small U and a long
:math:`\tau_F` those that follow pass on more (up to 1/U times as much), with a large U and a long
:math:`\tau_D` less. A memory of who has fired stays in m for as long as :math:`\tau_F`, without a spike.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..errors import RequestError
from ..neurons.distributions import Constant, Distribution
from ..units import settings

__all__ = ["ShortTerm"]

Array = npt.NDArray[Any]


@settings
class ShortTerm:
    """How the synapses of a neuron follow what it has sent.

    Parameters
    ----------
    use : Distribution
        Share U of its resources that a rested sender uses for a spike, above 0 and at most 1.
    facilitation_ms : Distribution
        Time constant with which utilisation goes back, one for each sender.
    depression_ms : Distribution
        Time constant with which resources recover, one for each sender.
    senders : str
        Whose synapses are so: excitatory, or all.

    References
    ----------
    Tsodyks, Pawelzik, Markram 1998, doi:10.1162/089976698300017502; Mongillo, Barak, Tsodyks 2008,
    doi:10.1126/science.1150769, whose values are the defaults.

    Examples
    --------
    >>> ShortTerm().facilitation_ms.value
    1500.0
    """

    use: Distribution = Constant(value=0.2)
    facilitation_ms: Distribution = Constant(value=1500.0)
    depression_ms: Distribution = Constant(value=200.0)
    senders: Literal["excitatory", "all"] = "excitatory"

    def draw(self, n: int, inhibitory: int, *, dt_ms: float, rng: np.random.Generator) -> dict[str, Array]:
        """Draw what `n` senders need of which the last `inhibitory` inhibit; see `NetworkArrays`.

        Raises
        ------
        RequestError
            If a number makes no sense.

        Examples
        --------
        >>> drawn = ShortTerm().draw(5, 1, dt_ms=1.0, rng=np.random.default_rng(0))
        >>> drawn["use"].tolist()
        [0.2, 0.2, 0.2, 0.2, 1.0]
        """
        count = n - inhibitory if self.senders == "excitatory" else n
        drawn = {key: getattr(self, key).sample(rng, count) for key in _ALLOWED}
        for key, (most, allowed) in _ALLOWED.items():
            bad = np.flatnonzero((drawn[key] <= 0) | (drawn[key] > most))
            if bad.size:
                raise RequestError(
                    f"reservoir.synapse.short_term.{key} gives {drawn[key][bad[0]]:g} for neuron {bad[0]}; "
                    f"it must be {allowed}. Choose a distribution of such numbers."
                )
        facilitation, depression = (np.exp(-dt_ms / drawn[key]) for key in list(_ALLOWED)[1:])
        # A sender that uses all its resources, which are back at once, passes on just its weights.
        return {
            "use": np.concatenate([drawn["use"], np.ones(n - count)]),
            "facilitation_decay": np.concatenate([facilitation, np.zeros(n - count)]),
            "depression_decay": np.concatenate([depression, np.zeros(n - count)]),
        }


_ALLOWED = {
    "use": (1.0, "above 0 and at most 1"),
    "facilitation_ms": (np.inf, "above 0 ms"),
    "depression_ms": (np.inf, "above 0 ms"),
}
