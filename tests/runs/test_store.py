from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

from neurogate import files
from neurogate.errors import Outcome, RequestError
from neurogate.runs import manifest, store


def write(folder: Path, value: float = 1.0, *, replace: bool = False) -> store.Run:
    with store.writing(folder, replace=replace) as hidden:
        files.write_arrays(hidden / "arrays.npz", {"value": np.array(value)})
        files.write_json(hidden / "summary.json", {"outcome": "done", "metrics": {"force": {"r": value}}})
        (hidden / "figures").mkdir()
        (hidden / "figures" / "overview.png").write_bytes(b"picture")
    return store.load(folder)


def rewrite(folder: Path, number: int) -> None:
    """Write another format into the summary of a run."""
    summary = json.loads((folder / "summary.json").read_bytes())
    files.write_json(folder / "summary.json", {**summary, "format": number})
    (folder / manifest.MANIFEST).unlink()
    manifest.write(folder)


def value_in(folder: Path) -> float:
    return float(store.load(folder).arrays()["value"])


def test_a_stored_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = write(tmp_path / "a-1", 3.0)
    assert (run.outcome, run.metrics, value_in(run.path)) == (Outcome.DONE, {"force": {"r": 3.0}}, 3.0)
    assert os.listdir(tmp_path) == ["a-1"]  # noqa: PTH208


def test_nothing_is_visible_before_the_end_and_nothing_is_left_after_a_failure(tmp_path: Path) -> None:
    with contextlib.suppress(KeyboardInterrupt), store.writing(tmp_path / "a-1") as hidden:
        (hidden / "half").write_text("half")
        assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == []
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["arrays.npz", "summary.json", "figures/overview.png", "manifest.json"])
@pytest.mark.parametrize("harm", ["flip", "cut", "delete"])
def test_damage_is_noticed_and_named(tmp_path: Path, name: str, harm: str) -> None:
    folder = write(tmp_path / "a-1").path
    path = folder / name
    data = path.read_bytes()
    damaged = bytearray(data)
    damaged[len(data) // 2] ^= 4
    path.write_bytes(damaged if harm == "flip" else data[: len(data) // 2])
    if harm == "delete":
        path.unlink()
    with pytest.raises(RequestError, match=r"a-1 is damaged: .*`neurogate verify --out /.*`;") as error:
        store.load(folder)
    assert len(error.value.problems) == 1
    if name != "manifest.json":
        assert path.name in str(error.value)


def test_a_run_of_a_newer_version_is_refused_in_one_sentence_and_one_of_the_first_is_read(
    tmp_path: Path,
) -> None:
    folder = write(tmp_path / "a-1").path
    assert "format" not in store.load(folder).summary
    rewrite(folder, store.FORMAT)
    assert store.load(folder).metrics == {"force": {"r": 1.0}}
    rewrite(folder, store.FORMAT + 1)
    with pytest.raises(
        RequestError, match=r"json has format 2; this neurogate knows format 1\. Update neuro"
    ):
        store.load(folder)


def test_a_folder_that_holds_no_run_is_not_called_damaged(tmp_path: Path) -> None:
    write(tmp_path / "a-1")
    with pytest.raises(RequestError, match="is not the folder of a run; give one, as "):
        store.load(tmp_path)
    (tmp_path / "a-0123456789ab").mkdir()
    with pytest.raises(RequestError, match=r"is damaged: manifest\.json is missing"):
        store.load(tmp_path / "a-0123456789ab")


def test_all_damage_is_told_at_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "a-1").path
    (folder / "summary.json").unlink()
    (folder / "arrays.npz").write_bytes(b"")
    with pytest.raises(RequestError, match=r"arrays\.npz is not as it was written; summary\.json is missing"):
        store.load(folder)


@pytest.mark.parametrize("name", ["absent", "file", "empty"])
def test_what_is_no_run_folder_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestError, match=name):
        store.load(tmp_path / name)


def test_what_cannot_be_read_is_not_called_damaged(tmp_path: Path) -> None:
    folder = write(tmp_path / "a-1").path
    (folder / "manifest.json").unlink()
    (folder / "summary.json").unlink()
    manifest.write(folder)
    with pytest.raises(RequestError, match=r"a-1 cannot be read: .*summary\.json: No such file or directory"):
        store.load(folder)


def test_a_folder_that_appeared_meanwhile_stays_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "a-1"
    write(folder, 1.0)
    write(folder, 2.0)
    assert value_in(folder) == 1.0
    write(folder, 3.0, replace=True)
    assert value_in(folder) == 3.0
    assert os.listdir(tmp_path) == ["a-1"]  # noqa: PTH208


def test_a_replacement_that_fails_keeps_the_old_run(tmp_path: Path) -> None:
    folder = write(tmp_path / "a-1", 1.0).path
    with pytest.raises(OSError, match="full"), store.writing(folder, replace=True):
        raise OSError("full")
    assert value_in(folder) == 1.0


def test_a_replacement_killed_between_its_renames_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "a-1", 1.0).path
    rename = Path.rename

    def kill_after_setting_aside(path: Path, target: Path) -> None:
        rename(path, target)
        if path == folder:
            raise SystemExit

    with pytest.raises(SystemExit), store.writing(folder, replace=True):
        monkeypatch.setattr(Path, "rename", kill_after_setting_aside)
    monkeypatch.undo()
    assert not folder.exists()
    store.restore(folder)
    assert value_in(folder) == 1.0


def test_what_killed_processes_left_is_removed_but_not_what_is_being_written(tmp_path: Path) -> None:
    names = [".a-1.0123.tmp", ".a-1.4567.tmp", ".b-1.checkpoint.0123.tmp", ".b-1.checkpoint"]
    for name in names[:2]:
        (tmp_path / name).mkdir()
    for name in names[2:]:
        (tmp_path / name).touch()
    for name in (names[0], *names[2:]):
        os.utime(tmp_path / name, (time.time() - 7200,) * 2)
    store.prepare(tmp_path)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [".a-1.4567.tmp", ".b-1.checkpoint", ".lock"]


def test_what_is_being_written_stays_though_the_clock_of_this_machine_is_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".a-1.4567.tmp").mkdir()
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + 7200.0)
    store.prepare(tmp_path)
    assert (tmp_path / ".a-1.4567.tmp").exists()


def test_a_folder_below_a_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match=r"cannot be written to .*/runs: Not a directory.*--out") as error:
        store.prepare(tmp_path / "file" / "runs")
    assert len(error.value.problems) == 1


def test_a_folder_that_can_be_written_to_is_left_as_it_was(tmp_path: Path) -> None:
    store.prepare(tmp_path / "new" / "runs")
    store.prepare(tmp_path / "new" / "runs")
    assert list((tmp_path / "new" / "runs").iterdir()) == []
