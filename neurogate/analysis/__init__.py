"""Pure functions on arrays: predictions, subspaces, decoding, selectivity, time, spikes, nulls, intervals.

Nothing here simulates, draws a figure, opens a file or knows of configurations.
"""
