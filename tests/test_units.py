"""Settings check themselves: nothing is guessed, nothing out of its domain gets in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.units import (
    Count,
    Domain,
    Fraction,
    Milliseconds,
    Seed,
    Unfit,
    conform,
    domain_of,
    field_types,
    requirement,
    settings,
    shown,
    whole_steps,
)


@settings
class Inner:
    tau_ms: Milliseconds = 20.0


@settings
class Outer:
    n: Count
    share: Fraction = 0.5
    on: bool = False
    label: str = "x"
    mode: Literal["a", "b", 1] = "a"
    times: tuple[Milliseconds, ...] = ()
    window: tuple[float, float] = (0.0, 1.0)
    table: Mapping[str, tuple[Fraction, ...]] = attrs.field(factory=dict)
    limit: float | None = None
    inner: Inner = Inner()

    def __attrs_post_init__(self) -> None:
        if self.window[0] > self.window[1]:
            raise ValueError("window is the wrong way round.")


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


class TestConform:
    @pytest.mark.parametrize(
        ("annotation", "value", "expected"),
        [
            (float, 3, 3.0),
            (float, np.float32(0.5), 0.5),
            (int, np.int64(7), 7),
            (Count, 1, 1),
            (bool, True, True),
            (tuple[float, ...], [1, 2], (1.0, 2.0)),
            (tuple[tuple[int, ...], ...], [[1], []], ((1,), ())),
            (tuple[int, str], (1, "a"), (1, "a")),
            (Mapping[str, float], {"a": 1}, {"a": 1.0}),
            (float | None, None, None),
            (float | None, 1, 1.0),
            (int | str, "a", "a"),
            (Any, 2.7, 2.7),
        ],
    )
    def test_only_lossless_changes_are_made(self, annotation: Any, value: Any, expected: Any) -> None:
        made = conform(annotation, value)
        assert made == expected
        assert type(made) is type(expected)

    @pytest.mark.parametrize(
        ("annotation", "value"),
        [
            (int, 2.7),
            (int, 2.0),
            (int, True),
            (int, "1"),
            (int, 2**63),
            pytest.param(int, 10**5000, id="huge"),
            (Count, 0),
            (Seed, -1),
            (float, "1.5"),
            (float, True),
            (float, None),
            (float, 10**400),
            (float, math.nan),
            (float, math.inf),
            (Milliseconds, 0),
            (Milliseconds, math.nan),
            (bool, 1),
            (bool, "false"),
            (str, 1),
            (str, b"bytes"),
            (str, "\udcff"),
            (Literal["a", "b"], "c"),
            (Literal[1], True),
            (Literal["a"], np.zeros(2)),
            (Annotated[float, Domain(0, 1)] | None, "x"),
            (Literal[1], 1.0),
            (tuple[float, ...], "12"),
            (tuple[float, ...], {1.0: 2}),
            (tuple[float, ...], 1.0),
            (tuple[float, float], [1.0]),
            (Mapping[str, float], [1.0]),
            (Mapping[str, float], {1: 1.0}),
            (float | None, "x"),
            (int | str, 2.5),
            (Inner, {"tau_ms": 3.0}),
        ],
    )
    def test_everything_else_is_refused(self, annotation: Any, value: Any) -> None:
        with pytest.raises(Unfit):
            conform(annotation, value)

    def test_the_place_inside_is_named(self) -> None:
        with pytest.raises(Unfit) as caught:
            conform(Mapping[str, tuple[Fraction, ...]], {"a": [0.5, 1.5]})
        assert caught.value.path == '["a"][1]'
        assert caught.value.value == 1.5

    @given(st.floats(allow_nan=False, allow_infinity=False))
    def test_finite_floats_pass_unchanged(self, number: float) -> None:
        assert conform(float, number).hex() == number.hex()


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


class TestShown:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (True, "true"),
            ("a\nb", '"a\\nb"'),
            ("β", '"β"'),
            (1.0, "1.0"),
            (-3, "-3"),
            ({"file": "x.npy"}, '{file = "x.npy"}'),
            ({"a b": {"c": [1]}}, '{"a b" = {c = [1]}}'),
            (None, "None"),
        ],
    )
    def test_values_are_spelt_as_in_toml(self, value: Any, text: str) -> None:
        assert shown(value) == text

    def test_no_value_is_too_long_or_too_deep(self) -> None:
        deep: list[Any] = []
        for _ in range(100_000):
            deep = [deep]
        itself: dict[str, Any] = {}
        itself["itself"] = itself
        values = [
            10**5000,
            "x" * 10**6,
            list(range(10**5)),
            dict.fromkeys(map(str, range(999))),
            deep,
            itself,
        ]
        assert all(len(shown(value)) < 200 for value in values)

    @given(st.recursive(st.none() | st.integers() | st.text() | st.floats(), st.lists))
    def test_text_is_one_line(self, value: Any) -> None:
        assert len(shown(value).splitlines()) == 1


class TestSettings:
    def test_values_are_converted_wherever_they_come_from(self) -> None:
        made = Outer(n=3, times=[1, 2], table={"a": [0, 1]}, window=[0, 2])  # type: ignore[arg-type]
        assert made.times == (1.0, 2.0)
        assert made.table == {"a": (0.0, 1.0)}
        assert attrs.evolve(made, times=[3]).times == (3.0,)

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"n": 0}, "Outer.n is 0; it must be at least 1."),
            ({"n": 2.0}, "Outer.n is 2.0; it must be a whole number (at least 1)."),
            ({"on": 1}, "Outer.on is 1; it must be true or false."),
            ({"mode": "c"}, 'Outer.mode is "c"; it must be "a" or "b" or 1.'),
            ({"mode": True}, 'Outer.mode is true; it must be "a" or "b" or 1.'),
            ({"times": (1.0, -2.0)}, "Outer.times[1] is -2.0; it must be above 0 ms."),
            ({"table": {"a": (2.0,)}}, 'Outer.table["a"][0] is 2.0; it must be from 0 to 1.'),
            ({"share": math.nan}, "Outer.share is nan; it must be finite: a number (from 0 to 1)."),
            ({"inner": {}}, "Outer.inner is {}; it must be an Inner."),
        ],
    )
    def test_mistakes_name_class_field_value_and_what_is_allowed(
        self, change: dict[str, Any], sentence: str
    ) -> None:
        with pytest.raises(ValueError) as caught:
            Outer(**{"n": 1, **change})
        assert str(caught.value) == sentence

    def test_own_checks_see_checked_values(self) -> None:
        with pytest.raises(ValueError, match="the wrong way round"):
            Outer(n=1, window=(2, 1))

    def test_objects_are_frozen_values(self) -> None:
        assert Outer(n=1) == Outer(n=1)
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            Inner().tau_ms = 3.0  # type: ignore[misc]

    def test_a_mapping_is_the_objects_own(self) -> None:
        table = {"a": (0.5,)}
        made = Outer(n=1, table=table)
        table["b"] = (7.0,)
        assert made.table == {"a": (0.5,)}

    def test_converters_of_fields_come_first(self) -> None:
        assert Doubled(x=2).x == 4.0

    def test_field_types_keep_their_domains(self) -> None:
        assert field_types(Inner)["tau_ms"] == Milliseconds


@settings
class Doubled:
    x: float = attrs.field(converter=lambda value: 2 * value)


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
