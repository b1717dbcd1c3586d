"""A domain says what it takes, in numbers and in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest

from neurogate.units import (
    Count,
    Domain,
    Fraction,
    Milliseconds,
    domain_of,
    requirement,
    settings,
    whole_steps,
)


@settings
class Inner:
    tau_ms: Milliseconds = 20.0


class TestDomain:
    @pytest.mark.parametrize(
        ("domain", "inside", "outside"),
        [
            (Domain(0, 1), [0, 0.5, 1], [-0.1, 1.1]),
            (Domain(0, 1, low_open=True), [1e-300, 1], [0]),
            (Domain(0, 1, high_open=True), [0, 0.999], [1]),
            (Domain(low=2), [2, 1e300], [1.999]),
            (Domain(high=2), [-1e300, 2], [2.001]),
            (Domain(), [-1e308, 0, 1e308], []),
        ],
    )
    def test_bounds_count_unless_open(
        self, domain: Domain, inside: list[float], outside: list[float]
    ) -> None:
        assert [domain.problem(value) for value in inside] == [None] * len(inside)
        assert all(domain.problem(value) for value in outside)

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_only_finite_numbers_are_ever_allowed(self, value: float) -> None:
        assert Domain().problem(value) == "must be a finite number"

    @pytest.mark.parametrize(
        ("domain", "words"),
        [
            (Domain(0, 1), "from 0 to 1"),
            (Domain(0, unit="ms"), "at least 0 ms"),
            (Domain(0, low_open=True, unit="ms"), "above 0 ms"),
            (Domain(high=5), "at most 5"),
            (Domain(high=5, high_open=True), "below 5"),
            (Domain(0, 1, low_open=True), "above 0 and at most 1"),
            (Domain(unit="mV"), "a finite number in mV"),
            (Domain(0, 2**63 - 1), "from 0 to 9223372036854775807"),
        ],
    )
    def test_domains_are_said_in_words(self, domain: Domain, words: str) -> None:
        assert domain.describe() == words

    def test_annotations_carry_domains(self) -> None:
        domain = domain_of(Milliseconds)
        assert domain is not None
        assert domain.unit == "ms"
        assert domain_of(float) is None


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (bool, "true or false"),
        (Count, "a whole number (at least 1)"),
        (Annotated[float, Domain(unit="ms")], "a number in ms"),
        (Literal["a", "b"], '"a" or "b"'),
        (tuple[Fraction, ...], "a list, each a number (from 0 to 1)"),
        (tuple[int, str], "a list of 2: a whole number, a text"),
        (Mapping[str, float], "a table"),
        (float | None, "a number"),
        (Inner, "an Inner"),
    ],
)
def test_requirements_are_said_in_words(annotation: Any, words: str) -> None:
    assert requirement(annotation) == words


class TestWholeSteps:
    @pytest.mark.parametrize(
        ("duration_ms", "dt_ms", "steps"),
        [(5.0, 0.1, 50), (0.0, 1.0, 0), (2200.0, 0.05, 44000), (1e6, 0.001, 10**9), (1.0, 1.0, 1)],
    )
    def test_durations_that_fit_are_counted(self, duration_ms: float, dt_ms: float, steps: int) -> None:
        assert whole_steps(duration_ms, dt_ms) == steps

    @pytest.mark.parametrize(
        ("duration_ms", "dt_ms"),
        [(5.0, 0.3), (1.0, 2.0), (1e300, 1e-300), (math.inf, 1.0), (100.0, 5e-324)],
    )
    def test_other_durations_are_not(self, duration_ms: float, dt_ms: float) -> None:
        assert whole_steps(duration_ms, dt_ms) is None
