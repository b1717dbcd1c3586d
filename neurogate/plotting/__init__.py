"""Figures from results: one panel per module, and the overview that composes them.

Every plot function takes ``ax=None``, returns what it drew and shows nothing. Nothing here computes a
result; numbers come from arrays that a run has stored. Importing this face loads no matplotlib.
"""
