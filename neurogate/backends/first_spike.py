"""The numbers of Itti and Koch's layers of integrate-and-fire cells, which two backends share.

Units are nF, µS, mV, nA and ms; all rest at 0 mV. The equations stand in `numpy_reference.first_spike`.

References
----------
Walther & Koch 2006, doi:10.1016/j.neunet.2006.10.001, and the numbers of its SaliencyToolbox.
"""

from __future__ import annotations

__all__ = [
    "DT_MS", "EXCITED", "EXCITED_MV", "FORGETTING", "INHIBITED", "INHIBITED_MV", "INPUT", "MAP",
    "THRESHOLD_MV", "WINNERS",
]  # fmt: skip

DT_MS = 0.1
MAP = (50.0, 0.1)
"""Capacitance and leak of a cell of the map of saliency, which does not spike."""
WINNERS = (1.0, 0.01)
"""Capacitance and leak of a cell of the layer in which one wins, and of the one that inhibits them."""
INPUT = 0.05
"""What a cell of the map gives the winner-take-all."""
EXCITED, EXCITED_MV = 0.1, 100.0
"""What the winner's spike does to the inhibiting cell: a conductance, and where it pulls."""
INHIBITED, INHIBITED_MV = 1e4, -20.0
"""What that cell's spike does to all."""
THRESHOLD_MV = 1.0
FORGETTING = 0.9999
"""What is left of inhibition of return after a step."""
