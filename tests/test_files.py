from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


LAYOUTS = {
    "usual": lambda array: array,
    "turned": np.asfortranarray,
    "strided": lambda array: np.repeat(array, 2, axis=-1)[..., ::2] if array.ndim else array,
}
ARRAYS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\\:\0"), min_size=1),
    st.tuples(
        st.sampled_from(["?", "<i4", ">i8", "<f4", "<f8", "<c16", "<U3", "S2", "<M8[s]"]).flatmap(
            lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, min_side=0))
        ),
        st.sampled_from(sorted(LAYOUTS)),
    ).map(lambda drawn: LAYOUTS[drawn[1]](drawn[0])),
)


@given(arrays=ARRAYS)
def test_an_archive_holds_what_numpy_would_have_written(arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    mine, numpys = io.BytesIO(), io.BytesIO()
    files.write_arrays(mine, arrays)
    with zipfile.ZipFile(numpys, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as entry:
                np.save(entry, array)
    with zipfile.ZipFile(mine) as stored, zipfile.ZipFile(numpys) as wanted:
        assert stored.testzip() is None
        assert stored.namelist() == sorted(wanted.namelist())
        assert [stored.read(name) for name in stored.namelist()] == [
            wanted.read(name) for name in stored.namelist()
        ]
    mine.seek(0)
    with np.load(mine, allow_pickle=False) as stored:
        assert set(stored) == set(arrays)


UNZIP = shutil.which("unzip")


@pytest.mark.skipif(UNZIP is None, reason="there is no unzip here")
def test_an_archive_is_one_for_other_programs_too(tmp_path: Path) -> None:
    files.write_arrays(
        tmp_path / "a.npz", {"walk": np.arange(70_000), "none": np.empty(0), "name": np.array("é")}
    )
    done = subprocess.run([str(UNZIP), "-t", tmp_path / "a.npz"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.count(" OK")) == (0, 3), done.stdout + done.stderr


@pytest.mark.parametrize("names", [["höhe", "速さ"], [f"field_{i}" for i in range(3000)]])
def test_fields_of_many_or_foreign_names_are_read_again(tmp_path: Path, names: list[str]) -> None:
    array = np.zeros(2, [(name, "f8") for name in names])
    array[names[-1]] = 3.0
    files.write_arrays(tmp_path / "a.npz", {"a": array})
    with np.load(tmp_path / "a.npz", max_header_size=10**6) as stored:
        assert stored["a"].dtype == array.dtype
        assert np.array_equal(stored["a"], array)
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert (len(archive.read("a.npy")) - array.nbytes) % 64 == 0  # numbers may be mapped into memory


def test_arrays_of_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="The arrays odd hold Python objects"):
        files.write_arrays(tmp_path / "a.npz", {"odd": np.array([{}])})
    assert list(tmp_path.iterdir()) == []


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
