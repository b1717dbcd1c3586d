"""A table of points is read as it is written, and every mistake in it is told with its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurogate.config.columns import columns
from neurogate.errors import RequestError

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str) -> Path:
        path = tmp_path / "points.csv"
        path.write_bytes(text.encode())
        return path

    return to_file


def problems(path: Path) -> list[str]:
    with pytest.raises(RequestError) as caught:
        columns(path)
    return list(caught.value.problems)


def test_cells_are_toml_or_bare_words(write: Write) -> None:
    path = write('run.seed, a ,"task.blocks[0].trials"\n1,x,"[1, 2]"\n\n2, true ,"{uniform = [1, 2]}"\n')
    assert columns(path) == {
        "run.seed": [1, 2],
        "a": ["x", True],
        "task.blocks.0.trials": [[1, 2], {"uniform": [1, 2]}],
    }


@pytest.mark.parametrize("start", ["\N{BYTE ORDER MARK}", "\r\n", ""])
def test_marks_and_line_ends_of_other_systems_are_read_over(write: Write, start: str) -> None:
    assert columns(write(f"{start}a,b\r\n1,2\r\n")) == {"a": [1], "b": [2]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["has 0 lines after the one that names key paths; it must have from 1 to"]),
        ("a,b\n", ["has 0 lines after"]),
        ("a,,b,\n1,2,3,4\n", ["column 2 no name", "column 4 no name"]),
        ("a,b,a\n1,2,3\n", ["two columns a;"]),
        ("task.blocks.0.trials,task.blocks[0].trials\n1,2\n", ["two columns task.blocks.0.trials;"]),
        ("a..b,c\n1,2\n", ['"a..b" is not a key path']),
        ("a,b\n1,2\n1\n1,2,3\n", ["Line 3 .* has 1 cells; it must have 2", "Line 4 .* has 3 cells"]),
        ("a,b\n1,\n ,2\n", ["Line 2 .* has no value for b", "Line 3 .* has no value for a"]),
        ("a\n[1\n", [r"Line 2 .*: a is \"\[1\"; it must be TOML"]),
        ("\na;b\n0,5;2\n", ["by semicolons; it must have commas"]),
        ('"a";"b"\n1;2\n', ["by semicolons; it must have commas"]),
        ("a\tb\n1\t2\n", ["by tabs; it must have commas"]),
        ('a\n"1\n', ["is not CSV"]),
        ('a\n"1"2\n', ["is not CSV"]),
    ],
)
def test_mistakes_are_told_with_their_place(write: Write, text: str, said: list[str]) -> None:
    found = problems(write(text))
    assert len(found) == len(said)
    for problem, words in zip(found, said, strict=True):
        assert "points.csv" in problem
        assert re.search(words, problem)


def test_paths_start_from_its_folder(write: Write, tmp_path: Path) -> None:
    (tmp_path / "tau.txt").write_text("1.0")
    assert columns(write("a\n{file = 'tau.txt'}\n")) == {"a": [{"file": str(tmp_path / "tau.txt")}]}
    assert 'a.file is "nix.txt"; it must name a file' in problems(write("a\n{file = 'nix.txt'}\n"))[0]


def test_no_more_than_ten_mistakes_are_told_and_the_rest_counted(write: Write) -> None:
    found = problems(write("a,b\n" + "1\n" * 25))
    assert len(found) == 11
    assert found[-1].endswith("has 15 more mistakes.")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert "No such file" in problems(tmp_path / "points.csv")[0]
    assert "cannot be read" in problems(tmp_path)[0]
    (tmp_path / "latin.csv").write_bytes(b"a\n\xff\n")
    assert "is not UTF-8" in problems(tmp_path / "latin.csv")[0]


def told(path: Path) -> tuple[str, ...]:
    """Return what a user would read of a table; of a good one, nothing, after a look at its columns."""
    try:
        read = columns(path)
    except RequestError as error:
        return error.problems
    assert len({len(values) for values in read.values()}) == 1
    return ()


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | st.text('a,b.["]=\n\r 1', max_size=60).map(str.encode))
def test_any_file_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes(content)
    assert all("points.csv" in problem for problem in told(path))
