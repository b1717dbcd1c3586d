"""The mathematics in NumPy, as close to the equations as it can be written.

Every function here defines what its namesakes in the faster backends must return. Speed is not a goal.
"""

from .features import high_pass
from .hebbian import decaying_hebb, filtered_delta, rewarded_hebb
from .learning import normalised_delta, readout, recursive_least_squares
from .neurons import izhikevich_2003, izhikevich_2007
from .rates import run_rates
from .reservoir import run_reservoir

__all__ = [
    "decaying_hebb",
    "filtered_delta",
    "high_pass",
    "izhikevich_2003",
    "izhikevich_2007",
    "normalised_delta",
    "readout",
    "recursive_least_squares",
    "rewarded_hebb",
    "run_rates",
    "run_reservoir",
]
