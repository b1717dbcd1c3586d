"""Nothing is guessed: what does not fit without loss is refused, and its place is named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.units import Count, Domain, Fraction, Milliseconds, Seed, Unfit, conform, settings


@settings
class Inner:
    tau_ms: Milliseconds = 20.0


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
def test_only_lossless_changes_are_made(annotation: Any, value: Any, expected: Any) -> None:
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
def test_everything_else_is_refused(annotation: Any, value: Any) -> None:
    with pytest.raises(Unfit):
        conform(annotation, value)


def test_the_place_inside_is_named() -> None:
    with pytest.raises(Unfit) as caught:
        conform(Mapping[str, tuple[Fraction, ...]], {"a": [0.5, 1.5]})
    assert caught.value.path == '["a"][1]'
    assert caught.value.value == 1.5


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_finite_floats_pass_unchanged(number: float) -> None:
    assert conform(float, number).hex() == number.hex()
