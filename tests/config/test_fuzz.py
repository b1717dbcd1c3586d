"""Whatever the configuration, a user meets sentences with key paths, and never a traceback."""

from __future__ import annotations

import copy
import math
import random
import re
import string
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurogate.config.loading import load
from neurogate.config.schema import Simulation, structure, unstructure
from neurogate.errors import RequestError

VALID = unstructure(load("what_when"))
KEYS = sorted(set(re.findall(r"[a-z_]+", str(VALID))))
KEPT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

numbers = st.one_of(
    st.integers(),
    st.sampled_from([0, 1, -1, 2**31, 2**63 - 1, 2**63, -(2**64), 10**400]),
    st.floats(),
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1e308, 0.3]),
)
scalars = st.one_of(numbers, st.booleans(), st.text(max_size=20), st.sampled_from(["", "1", "false", *KEYS]))
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


def nodes(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the paths of everything inside nested tables and lists, containers too."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for key, inner in items for found in [(*path, key), *nodes(inner, (*path, key))]]


PATHS = nodes(VALID)


def parent(table: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        table = table[key]
    return table


def problems_of(make: Callable[[], Simulation]) -> tuple[str, ...]:
    """Return what a user would read; anything but a RequestError escapes and fails the test."""
    try:
        assert isinstance(make(), Simulation)
    except RequestError as error:
        return error.problems
    return ()


def accepted_or_explained(table: Any) -> tuple[str, ...]:
    """Structure a table; return the problems, each of which says where it is and what is allowed."""
    problems = problems_of(lambda: structure(table))
    for problem in problems:
        assert re.match(r'[A-Za-z_"]', problem)
        assert re.search(r"must|takes|did you mean", problem), problem
        assert len(problem.splitlines()) == 1
        assert len(problem) < 2000
    assert len(set(problems)) == len(problems)
    return problems


@settings(KEPT, max_examples=150)
@given(content=st.binary(max_size=200))
def test_random_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "random.toml"
    path.write_bytes(content)
    problems = problems_of(lambda: load(path))
    assert all("random.toml" in problem or "not a known key" in problem for problem in problems)


@settings(KEPT, max_examples=100)
@given(content=st.text(alphabet=string.printable + '"[]{}=.#\n' * 10, max_size=100))
def test_random_text_that_looks_like_toml(tmp_path: Path, content: str) -> None:
    path = tmp_path / "random.toml"
    path.write_bytes(content.encode())
    assert all(problems_of(lambda: load(path)))


@settings(KEPT, max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(PATHS), values), min_size=1, max_size=4))
def test_values_of_any_type_anywhere(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    table = copy.deepcopy(VALID)
    for path, value in changes:
        try:
            parent(table, path)[path[-1]] = value
        except (TypeError, KeyError, IndexError):
            continue
    accepted_or_explained(table)


@settings(KEPT, max_examples=100)
@given(st.sampled_from([path for path in PATHS if isinstance(path[-1], str)]))
def test_keys_left_out_anywhere(path: tuple[Any, ...]) -> None:
    table = copy.deepcopy(VALID)
    del parent(table, path)[path[-1]]
    problems = accepted_or_explained(table)
    assert all("is missing" in p or "has no kind" in p or "must" in p for p in problems)


@settings(KEPT, max_examples=100)
@given(st.sampled_from([(), *PATHS]), st.text() | st.sampled_from(KEYS), values)
def test_keys_added_anywhere(path: tuple[Any, ...], key: str, value: Any) -> None:
    table = copy.deepcopy(VALID)
    node = parent(table, (*path, key))
    if isinstance(node, dict):
        node[key] = value
    accepted_or_explained(table)


@settings(KEPT, max_examples=100)
@given(values, st.sampled_from(PATHS), st.integers(1, 400))
def test_deep_nesting(value: Any, path: tuple[Any, ...], depth: int) -> None:
    for level in range(depth):
        value = [value] if level % 2 else {"task": value}
    table = copy.deepcopy(VALID)
    parent(table, path)[path[-1]] = value
    assert accepted_or_explained(table)
    accepted_or_explained(value)


SNIPPETS = [
    *("nan", "-inf", "-1", "1e400", "true", "[1", "{a=1", '"x', "{uniform=[2,1]}", "[]", "{}", "2000-01-01"),
    *("0x" + "f" * 400, "9" * 5000, "[" * 3000, "{a=" * 50, "1\n2=3", "'''", "\udcff", "\0"),
]
key_paths = st.sampled_from([".".join(map(str, path)) for path in PATHS]) | st.text(max_size=20)
overrides = st.builds("{}={}".format, key_paths, st.text(max_size=20) | st.sampled_from(SNIPPETS))


@settings(KEPT, max_examples=150)
@given(st.lists(overrides | st.text(max_size=30), min_size=1, max_size=3), st.booleans())
def test_changes_from_the_command_line(changes: list[str], quick: bool) -> None:
    assert all(problems_of(lambda: load("what_when", changes, quick=quick)))


def typos(word: str, rng: random.Random) -> dict[str, str]:
    """Make one typing mistake of each sort."""
    at, letter = rng.randrange(len(word)), rng.choice(string.ascii_lowercase)
    return {
        "left out": word[:at] + word[at + 1 :],
        "put in": word[:at] + letter + word[at:],
        "another": word[:at] + letter + word[at + 1 :],
        "swapped": word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    }


def suggestions() -> tuple[int, list[tuple[Any, ...]]]:
    """Make typing mistakes in every key; count those that get the right suggestion, and return the others."""
    rng = random.Random(0)
    paths = [path for path in PATHS if isinstance(path[-1], str) and path[:-1] != ("rules",)]
    right, missed = 0, list[tuple[Any, ...]]()
    for path in paths:
        for typo in typos(path[-1], rng).values():
            table = copy.deepcopy(VALID)
            node = parent(table, path)
            if typo in node:
                continue
            node[typo] = node.pop(path[-1])
            if any(re.search(rf"[Dd]id you mean {path[-1]}\b", p) for p in accepted_or_explained(table)):
                right += 1
            else:
                missed.append((*path, typo))
    return right, missed


def test_a_key_with_one_typing_mistake_gets_the_right_suggestion() -> None:
    right, missed = suggestions()
    assert right > 300
    assert right / (right + len(missed)) >= 0.95, missed


def test_a_number_of_any_size_is_judged_without_making_what_it_counts() -> None:
    for path in PATHS:
        if type(parent(VALID, path)[path[-1]]) in (int, float):
            table = copy.deepcopy(VALID)
            parent(table, path)[path[-1]] = 2**31
            tracemalloc.start()
            accepted_or_explained(table)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < 50e6, path


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, 10**400, "1", True, [1], {"a": 1}, None],
    ids=lambda v: str(v)[:9],
)
def test_no_number_can_be_replaced_by_what_is_none(value: Any) -> None:
    for path in PATHS:
        if type(parent(VALID, path)[path[-1]]) not in (int, float):
            continue
        table = copy.deepcopy(VALID)
        parent(table, path)[path[-1]] = value
        problems = accepted_or_explained(table)
        assert any(problem.startswith(spelt(path)) for problem in problems), path


def spelt(path: tuple[Any, ...]) -> str:
    """Write a path as messages do."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)[1:]
