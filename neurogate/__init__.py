"""Spiking reservoirs that learn by local, attention-gated plasticity.

Import what you need from the module that defines it, for example
``from neurogate.network.reservoir import Reservoir``. This face holds the version only, so that
``import neurogate`` costs nothing.
"""

__version__ = "0.1.0"
