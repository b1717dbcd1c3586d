"""Networks of spiking neurons: cells, synapses, inputs, traces, and the reservoir made of them.

A network is described by small settings objects and built once per replica, from that replica's seed.
Arithmetic lives in `neurogate.backends`; what a network is asked to do lives in `neurogate.tasks`.
"""
