"""How fast the simulator is: published workloads, the same for every simulator, and what bounds them.

Here live the workloads, one module for each peer that they are compared with, the measurement itself,
and the machine's own limits. How results are shown is in `neurogate.cli.bench`.
"""
