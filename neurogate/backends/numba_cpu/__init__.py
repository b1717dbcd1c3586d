"""The same functions as `numpy_reference`, compiled by Numba: same signatures, same bits, fast.

Compiled code is cached on disk. Threads share out replicas and nothing else; arithmetic is strict
(no fused multiply-add, no reassociation), so results do not depend on the number of threads.
"""

from .features import high_pass
from .hebbian import decaying_hebb, filtered_delta, rewarded_hebb
from .learning import normalised_delta, readout, recursive_least_squares
from .rates import run_rates
from .reservoir import run_reservoir

__all__ = [
    "decaying_hebb",
    "filtered_delta",
    "high_pass",
    "normalised_delta",
    "readout",
    "recursive_least_squares",
    "rewarded_hebb",
    "run_rates",
    "run_reservoir",
]
