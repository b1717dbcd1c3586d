from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurogate.runs.checkpoint import Checkpoint, Saved

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


def test_no_checkpoint_is_no_message(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert Checkpoint(tmp_path / "none", KEY).read() is None
    assert caplog.messages == []
