"""Weights are counted once, by the type of their neuron."""

from __future__ import annotations

import numpy as np

from neurogate.plotting.weights import distribution, norms


def test_shares_of_each_type_sum_to_all_of_it_even_where_a_weight_lies_far_out():
    weights = np.array([[-1.0, 0.2, 0.3, 50.0, 0.1]])
    for outline in distribution(weights, [0, 0, 0, 1, 1]):
        np.testing.assert_allclose(outline.get_data().values.sum(), 100.0)


def test_a_type_that_is_not_there_has_no_outline():
    (only,) = distribution([[0.1, 0.2]], [0, 0])
    assert only.get_label() == "excitatory"


def test_weights_that_are_all_zero_are_drawn():
    (only,) = distribution(np.zeros((2, 3)), [0, 0, 0])
    only.figure.canvas.draw()


def test_norms_are_means_over_replicas():
    weights = np.array([[[[3.0, 4.0]]], [[[0.0, 1.0]]]])
    (line,) = norms([1], weights, [0, 0])
    assert line.get_ydata().tolist() == [3.0]
