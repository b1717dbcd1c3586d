"""A sweep over what changes nothing is refused, one over what changes something is not."""

from __future__ import annotations

from typing import Any

import pytest

from neurogate.config.hashing import content_hash
from neurogate.config.in_vain import _ONLY_FOR
from neurogate.config.schema import structure
from neurogate.config.sweep import Sweep, points
from neurogate.errors import RequestError

VALUES: dict[str, list[Any]] = {"probability": [0.2, 0.3], "in_degree": [5, 10], "rise_ms": [1.0, 3.0]}
FILTERS = ["exponential", "double_exponential"]
KINDS = {"recurrent": ["fixed_probability", "fixed_in_degree"], "synapse": FILTERS, "trace": FILTERS}


@pytest.mark.parametrize("key", _ONLY_FOR)
def test_a_key_of_another_kind_cannot_be_varied(key: str) -> None:
    _, part, name = key.split(".")
    kind = f"reservoir.{part}.kind"
    grid = {key: VALUES[name]}
    (other,) = set(KINDS[part]) - {_ONLY_FOR[key]}
    with pytest.raises(RequestError) as caught:
        points(Sweep(grid=grid), {"reservoir": {part: {"kind": other}}})
    (said,) = caught.value.problems
    assert said.startswith(f"{key} is varied, but counts only if {kind} is {_ONLY_FOR[key]},")
    assert len(points(Sweep(grid=grid), {"reservoir": {part: {"kind": _ONLY_FOR[key]}}})) == 2
    assert len(points(Sweep(grid={**grid, kind: KINDS[part]}), {})) == 4


def test_what_is_set_in_vain_is_a_configuration_of_its_own_as_ever() -> None:
    made = [structure({"reservoir": {"recurrent": {"in_degree": degree}}}) for degree in (5, 10)]
    assert len({content_hash(one) for one in made}) == 2
