"""A map in a file is read as it is, brought to a size, or refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neurogate.errors import RequestError
from neurogate.scanpath.vision.map_files import read_map


def test_a_table_keeps_its_numbers_and_a_picture_its_brightness(tmp_path: Path) -> None:
    levels = np.random.default_rng(1).integers(0, 256, (6, 8), dtype=np.uint8)
    np.save(tmp_path / "map.npy", levels)
    Image.fromarray(levels).save(tmp_path / "map.png")
    assert np.array_equal(read_map(tmp_path / "map.npy"), levels)
    np.testing.assert_allclose(read_map(tmp_path / "map.png"), levels / 255, rtol=1e-12)
    small = levels.reshape(3, 2, 4, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(read_map(tmp_path / "map.npy", largest=4), small, rtol=1e-12)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros(3), r"map\.npy: The map has shape \(3,\)\. Give a map of rows and columns"),
        (np.full((2, 2), np.nan), "The map is nan in row 0, column 0. Give finite numbers"),
        (np.ones((2, 2), complex), "it holds no table of real numbers"),
        (np.array([["a"]]), "it holds no table of real numbers"),
        (np.array([[None]]), "it holds no table of numbers"),
    ],
)
def test_what_is_no_map_is_a_sentence(array: np.ndarray, said: str, tmp_path: Path) -> None:
    np.save(tmp_path / "map.npy", array, allow_pickle=True)
    with pytest.raises(RequestError, match=said):
        read_map(tmp_path / "map.npy")


def test_a_file_that_is_none_or_not_whole_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"none\.npy: it cannot be read: No such file"):
        read_map(tmp_path / "none.npy")
    for content in (b"", b"text", b"\x93NUMPY\x01"):
        (tmp_path / "map.npy").write_bytes(content)
        with pytest.raises(RequestError, match=r"map\.npy: it (holds no table|cannot be read)"):
            read_map(tmp_path / "map.npy")
    np.save(tmp_path / "map.npy", np.ones((40, 40)))
    (tmp_path / "map.npy").write_bytes((tmp_path / "map.npy").read_bytes()[:-9])
    with pytest.raises(RequestError, match="it holds no table"):
        read_map(tmp_path / "map.npy")
