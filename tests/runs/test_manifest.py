from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.runs import manifest
from neurogate.runs.manifest import MANIFEST, damage

FILES = {"arrays.npz": b"12345", "figures/fig1.png": b"1", "figures/fig3.png": b"3", "log.txt": b""}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("a-1")
    (made / "figures").mkdir()
    for name, content in FILES.items():
        (made / name).write_bytes(content)
    manifest.write(made)
    return made


def test_a_folder_that_was_just_written_has_no_damage(folder: Path) -> None:
    assert damage(folder) == []
    assert json.loads((folder / MANIFEST).read_text())["sha256"].keys() == FILES.keys()


def test_what_was_added_is_no_damage(folder: Path) -> None:
    (folder / "note.txt").write_text("mine")
    assert damage(folder) == []
    (folder / "note.txt").unlink()


@given(name=st.sampled_from([*FILES, MANIFEST]), data=st.data())
def test_any_change_of_a_byte_and_any_cut_is_noticed(folder: Path, name: str, data: st.DataObject) -> None:
    path = folder / name
    before = path.read_bytes()
    place = data.draw(st.integers(0, max(len(before) - 1, 0)))
    after = bytearray(before)
    if before and data.draw(st.booleans(), "change"):
        after[place] ^= data.draw(st.integers(1, 255))
    elif before:
        del after[place:]
    else:
        after += b"0"
    path.write_bytes(after)
    found = damage(folder)
    path.write_bytes(before)
    assert len(found) == 1
    if name != MANIFEST:
        assert found == [f"{name} is not as it was written"]
    assert damage(folder) == []


def test_two_names_that_became_one_hide_no_file(folder: Path) -> None:
    path = folder / MANIFEST
    before = path.read_bytes()
    path.write_bytes(before.replace(b"fig1", b"fig3"))
    found = damage(folder)
    path.write_bytes(before)
    assert found == [f"{MANIFEST} is not as it was written"]


@pytest.mark.parametrize("content", ["[]", "{}", '{"sha256": 1}', '{"sha256": ["a"]}', "null", "[" * 100_000])
def test_what_is_no_manifest_is_damage(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    assert damage(tmp_path) == [f"{MANIFEST} is not as it was written"]


def test_a_folder_in_place_of_a_file_is_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).mkdir()
    assert damage(tmp_path) == [f"{MANIFEST} is missing"]


def test_only_the_files_that_are_asked_for_are_read(folder: Path) -> None:
    (folder / "arrays.npz").write_bytes(b"other")
    found = damage(folder, ["log.txt"]), damage(folder, ["log.txt", "new.txt"])
    (folder / "arrays.npz").write_bytes(FILES["arrays.npz"])
    assert found == ([], ["new.txt is missing"])


def test_a_file_that_cannot_be_read_is_not_called_damaged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def refuse(path: Path, *arguments: object, **options: object) -> object:
        if path.name == "log.txt":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PermissionError):
        damage(folder)
