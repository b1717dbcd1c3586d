"""A value is one short line in a message, whatever it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.units import shown


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
def test_values_are_spelt_as_in_toml(value: Any, text: str) -> None:
    assert shown(value) == text


def test_no_value_is_too_long_or_too_deep() -> None:
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
def test_text_is_one_line(value: Any) -> None:
    assert len(shown(value).splitlines()) == 1
