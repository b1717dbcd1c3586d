"""Single neurons: their models, named parameter sets, distributions and firing patterns.

Here live what a neuron is and how its parameters are drawn. Stepping neurons in time is done by
`neurogate.backends`; connecting them is done by `neurogate.network`.
"""
