"""Learning rules for readouts, and the gate signals that modulate them.

A rule changes the weights of two readouts: *when*, one readout of the phasic traces, and *what*, one
readout of the tonic traces per outcome. It sees one trial at a time (`episode`), learns *when* online
and *what* offline at the end of the trial, and keeps its state in plain arrays. Each rule and each gate
has a module of its own; `rules` and `gates` list them.
"""
