from __future__ import annotations

import hashlib
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest

from neurogate.runs.checkpoint import Checkpoint, Saved, write_together

KEY = {"hash": "abc", "neurogate": "0.1.0"}


@pytest.fixture
def kept(tmp_path: Path) -> Checkpoint:
    checkpoint = Checkpoint.beside(tmp_path / "run-abc", KEY)
    checkpoint.write(Saved({"v": np.arange(50.0), "header": np.array(7)}, 12.5, ["a line"]))
    return checkpoint


def test_what_is_read_is_what_was_written(kept: Checkpoint) -> None:
    saved = kept.read()
    assert saved is not None
    assert {name: array.tolist() for name, array in saved.state.items()} == {
        "v": np.arange(50.0).tolist(),
        "header": 7,
    }
    assert (saved.wall_time_s, saved.log) == (12.5, ["a line"])


def test_it_is_hidden_and_alone(kept: Checkpoint) -> None:
    assert [path.name for path in kept.path.parent.iterdir()] == [".run-abc.checkpoint"]


def test_every_flipped_bit_and_every_cut_is_noticed(
    kept: Checkpoint, rng: np.random.Generator, caplog: pytest.LogCaptureFixture
) -> None:
    whole = kept.path.read_bytes()
    for place in rng.integers(len(whole) * 8, size=200).tolist():
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        kept.path.write_bytes(damaged)
        assert kept.read() is None
    for length in rng.integers(len(whole), size=50).tolist():
        kept.path.write_bytes(whole[:length])
        assert kept.read() is None
    assert len(caplog.messages) == 250
    assert all(message.endswith("is ignored: it is damaged.") for message in caplog.messages)


def test_another_version_is_not_continued(kept: Checkpoint, caplog: pytest.LogCaptureFixture) -> None:
    assert Checkpoint(kept.path, {**KEY, "neurogate": "0.2.0"}).read() is None
    assert "neurogate was 0.1.0 and is 0.2.0" in caplog.text


def test_one_in_the_form_of_another_version_is_not_continued(
    kept: Checkpoint, caplog: pytest.LogCaptureFixture
) -> None:
    whole, header = io.BytesIO(), json.dumps({"key": KEY, "wall_time_s": 1.0, "log": []})
    np.savez(whole, header=np.frombuffer(header.encode(), np.uint8))
    line = hashlib.sha256(whole.getvalue()).hexdigest() + "\n"
    kept.path.write_bytes(line.encode() + whole.getvalue())
    assert kept.read() is None
    assert "another version of neurogate wrote it" in caplog.text


def test_no_checkpoint_is_no_message(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert Checkpoint(tmp_path / "none", KEY).read() is None
    assert caplog.messages == []


STATE = {"position": np.array(3), "rule a/when": np.zeros(2), "rule b/when": np.ones(2)}


def several(folder: Path) -> list[Checkpoint]:
    """Keep one state for three runs, two of which have the same rule."""
    runs = [Checkpoint.beside(folder / f"run-{name}", {**KEY, "hash": name}) for name in "xyz"]
    write_together([(run, {"mine": rule}) for run, rule in zip(runs, "abb", strict=True)], Saved(STATE, 2.5))
    return runs


@pytest.mark.parametrize("links", [True, False])
def test_runs_of_one_network_share_a_file_where_a_file_may_have_names(
    links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*paths: Path) -> None:
        raise OSError("no such names here")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    runs = several(tmp_path)
    found = [run.read() for run in runs]
    assert [saved and saved.state["rule mine/when"].tolist() for saved in found] == [[0, 0], [1, 1], [1, 1]]
    assert {run.path.stat().st_nlink for run in runs} == {3 if links else 1}
    assert len([*tmp_path.iterdir()]) == 3


def test_what_becomes_of_a_run_costs_those_that_share_its_file_nothing(tmp_path: Path) -> None:
    removed, replaced, left = several(tmp_path)
    removed.remove()
    replaced.write(Saved({"position": np.array(4)}))
    kept, further = left.read(), replaced.read()
    assert (kept and int(kept.state["position"]), further and int(further.state["position"])) == (3, 4)


def test_a_file_that_is_not_of_a_run_is_not_continued(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, _, _ = several(tmp_path)
    assert Checkpoint(one.path, {**KEY, "hash": "w"}).read() is None
    assert "hash was x and is w" in caplog.text
