"""Replicas that differ in size and type fit into one batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurogate.backends.layout import NetworkArrays
from neurogate.network.stacking import stack


def network(**arrays: Any) -> dict[str, np.ndarray]:
    return dict.fromkeys(NetworkArrays._fields, np.ones(2)) | {k: np.array(x) for k, x in arrays.items()}


def test_the_synapses_of_the_sparser_replica_are_padded() -> None:
    two = network(weights=[1.0, 2.0], targets=np.int32([1, 0]), delays=np.int32([3, 4]))
    none = network(weights=np.zeros(0), targets=np.zeros(0, np.int32), delays=np.zeros(0, np.int32))
    made = stack([two, none], "float64")
    assert (made.weights.tolist(), made.targets.tolist()) == ([[1.0, 2.0], [0.0, 0.0]], [[1, 0], [0, 0]])
    assert made.delays.tolist() == [[3, 4], [1, 1]]
    assert (made.targets.dtype, made.delays.dtype) == (np.int32, np.int32)


def test_a_row_is_kept_once_only_if_it_is_even_in_every_replica() -> None:
    even, uneven = network(synapse_decay=[0.5, 0.5]), network(synapse_decay=[0.5, 0.25])
    assert stack([even, even], "float64").synapse_decay.shape == (2, 1)
    assert stack([even, uneven], "float64").synapse_decay.shape == (2, 2)


def test_real_numbers_get_the_type_of_the_simulation_and_chances_stay_exact() -> None:
    made = stack([network(bias=[1e39, 0.1], poisson_mean=[0.1, 0.1], seed=np.uint64(7))], "float32")
    assert made.bias.tolist() == [[np.inf, np.float32(0.1)]]
    assert (made.poisson_mean.dtype, made.seed.dtype) == (np.float64, np.uint64)
