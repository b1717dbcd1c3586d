"""Settings check themselves: nothing out of its domain gets in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import attrs
import pytest

from neurogate.units import Count, Fraction, Milliseconds, field_types, settings


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


@settings
class Doubled:
    x: float = attrs.field(converter=lambda value: 2 * value)


def test_values_are_converted_wherever_they_come_from() -> None:
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
def test_mistakes_name_class_field_value_and_what_is_allowed(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        Outer(**{"n": 1, **change})
    assert str(caught.value) == sentence


def test_own_checks_see_checked_values() -> None:
    with pytest.raises(ValueError, match="the wrong way round"):
        Outer(n=1, window=(2, 1))


def test_objects_are_frozen_values() -> None:
    assert Outer(n=1) == Outer(n=1)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Inner().tau_ms = 3.0  # type: ignore[misc]


def test_a_mapping_is_the_objects_own() -> None:
    table = {"a": (0.5,)}
    made = Outer(n=1, table=table)
    table["b"] = (7.0,)
    assert made.table == {"a": (0.5,)}


def test_converters_of_fields_come_first() -> None:
    assert Doubled(x=2).x == 4.0


def test_field_types_keep_their_domains() -> None:
    assert field_types(Inner)["tau_ms"] == Milliseconds
