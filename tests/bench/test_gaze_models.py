"""The benchmark of spiking models gives a row for each, and leaves the threads as they were."""

from __future__ import annotations

import numba
import pytest

from neurogate.bench import gaze_models


def test_every_model_has_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaze_models, "SIZE", (60, 80))
    monkeypatch.setattr(gaze_models, "PATHS", 1)
    threads = numba.get_num_threads()
    told: list[str] = []
    found = list(gaze_models.rows(1, told.append))
    assert numba.get_num_threads() == threads
    assert [row["metric"] for row in found] == [f"a path of {name}" for name in gaze_models.MODELS]
    assert len(told) == len(found)
    for row in found:
        assert row.keys() == {"metric", "length", "seconds", "peer", "peer_seconds", "ratio"}
        assert row["length"] == 9
        assert row["seconds"] > 0
