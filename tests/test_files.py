from __future__ import annotations

import contextlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from neurogate import files


def test_the_same_arrays_give_the_same_bytes_at_any_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays = {"spikes": np.arange(7), "names": np.array(["A", "bc"]), "empty": np.empty((0, 3), np.float32)}
    files.write_arrays(tmp_path / "now.npz", arrays)
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *a: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    files.write_arrays(tmp_path / "later.npz", dict(reversed(arrays.items())))
    assert (tmp_path / "now.npz").read_bytes() == (tmp_path / "later.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "now.npz") as stored:
        assert {entry.date_time for entry in stored.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("at_once", [0, 1 << 24])
def test_an_archive_holds_what_that_of_numpy_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """All that there is to an array: how it lies in memory, the order of its bytes, names in any script."""
    monkeypatch.setattr(files, "_AT_ONCE", at_once)
    walk = np.arange(24.0).reshape(2, 3, 4)
    arrays = {
        "c": walk, "fortran": np.asfortranarray(walk), "neither": walk.transpose(1, 2, 0)[::2],
        "scalar": np.array(3), "empty": np.empty((0, 3), np.float32), "big": np.arange(3, dtype=">i4"),
        "text": np.array(["A", "bç"]), "day": np.array(["2026-11-27"], "M8[D]"), "naïve": np.zeros(2, bool),
        "pairs": np.array([(1, [2.0, 3.0])], [("a", "<i4"), ("b", "<f8", (2,))]),
    }  # fmt: skip
    files.write_arrays(tmp_path / "ours.npz", arrays)
    np.savez(tmp_path / "numpys.npz", allow_pickle=True, **{name: arrays[name] for name in sorted(arrays)})
    with zipfile.ZipFile(tmp_path / "ours.npz") as ours, zipfile.ZipFile(tmp_path / "numpys.npz") as numpys:
        assert ours.testzip() is None
        assert ours.namelist() == numpys.namelist()
        assert [ours.read(name) for name in ours.namelist()] == [
            numpys.read(name) for name in ours.namelist()
        ]
    with np.load(tmp_path / "ours.npz", allow_pickle=False) as stored:
        assert set(stored) == set(arrays)


def test_no_arrays_are_an_archive_too(tmp_path: Path) -> None:
    files.write_arrays(tmp_path / "none.npz", {})
    with np.load(tmp_path / "none.npz", allow_pickle=False) as stored:
        assert list(stored) == []


def test_arrays_of_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="The arrays odd hold Python objects"):
        files.write_arrays(tmp_path / "a.npz", {"odd": np.array([{}])})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["file", "allow_pickle"])
def test_names_that_numpy_takes_for_itself_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=f"No array can be named {name}"):
        files.write_arrays(tmp_path / "a.npz", {name: np.zeros(1)})


def test_arrays_are_in_the_file_that_was_named_whatever_it_ends_with(tmp_path: Path) -> None:
    files.write_arrays(tmp_path / "plain.tmp", {"a": np.arange(3)})
    assert [path.name for path in tmp_path.iterdir()] == ["plain.tmp"]
    assert np.load(tmp_path / "plain.tmp")["a"].tolist() == [0, 1, 2]


def test_a_failed_replacement_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "note"
    path.write_text("old")
    with contextlib.suppress(KeyboardInterrupt), files.replacing(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_numbers_that_json_cannot_say_become_null(tmp_path: Path) -> None:
    numbers = [np.float64("nan"), -np.inf, np.int64(3), np.array([1.5, np.nan])]
    files.write_json(tmp_path / "a.json", {"a": numbers})
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": [None, None, 3, [1.5, None]]}
