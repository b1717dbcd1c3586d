"""Pure functions on arrays: what a readout predicts, subspaces, nulls, spike statistics, intervals.

Nothing here simulates, draws a figure, opens a file or knows of configurations.
"""
