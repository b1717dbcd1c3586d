"""Annotations are told apart by how their values are written in a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pytest

from neurogate.config.annotations import (
    allowed,
    is_distribution,
    is_optional,
    is_scalar,
    is_tagged,
    members,
    origin_is,
)
from neurogate.neurons.distributions import Constant, Distribution, Normal
from neurogate.plasticity.gates import GATES, Gate
from neurogate.plasticity.rules import RULES, AnyRule
from neurogate.units import Count, Fraction


@pytest.mark.parametrize(
    "annotation", [bool, int, float, str, Count, Literal["a"], Count | str, Fraction | None]
)
def test_single_values(annotation: Any) -> None:
    assert is_scalar(annotation)
    assert not is_tagged(annotation)
    assert not is_distribution(annotation)


@pytest.mark.parametrize("annotation", [tuple[int, ...], Mapping[str, int], Normal, Distribution, Gate, Any])
def test_everything_else(annotation: Any) -> None:
    assert not is_scalar(annotation)


def test_tagged_unions_are_known_by_the_kinds_of_their_classes() -> None:
    assert is_tagged(Gate)
    assert members(Gate) == GATES
    assert is_tagged(AnyRule)
    assert members(AnyRule) == RULES
    assert not is_tagged(Distribution)
    assert not is_tagged(Gate | None)


def test_distributions_are_the_whole_union_and_no_part_of_it() -> None:
    assert is_distribution(Distribution)
    assert not is_distribution(Constant | Normal)
    assert is_optional(Distribution | None)


def test_generics_are_known_by_their_origin() -> None:
    assert origin_is(tuple[int, ...], tuple)
    assert origin_is(Mapping[str, int], Mapping)
    assert not origin_is(int, tuple)
    assert not origin_is(int | str, tuple)


def test_what_is_allowed_names_the_compact_forms() -> None:
    assert allowed(Distribution) == "a number, {uniform}, {log_uniform}, {normal}, {gamma} or {file}"
    assert allowed(Count) == "a whole number (at least 1)"
