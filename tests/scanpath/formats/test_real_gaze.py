"""The readers on real fixations, where `NEUROGATE_DATA` says where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from neurogate.scanpath.formats.osie import read_osie
from neurogate.scanpath.formats.vectors import read_vectors

DATA = os.environ.get("NEUROGATE_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="NEUROGATE_DATA names no folder of gaze data")


def test_osie_has_its_98321_fixations() -> None:
    file = Path(str(DATA)) / "osie" / "fixations.mat"
    viewings = read_osie(file)
    assert len(viewings) == 700 * 15
    assert sum(len(each.path) for each in viewings) == 98321
    assert viewings[15 * 2].image == "1003.jpg"


def test_every_scanpath_of_studyforrest_is_read() -> None:
    files = sorted((Path(str(DATA)) / "studyforrest" / "fixvectors").glob("*.tsv"))
    assert len(files) == 110
    assert min(len(read_vectors(file, size=(1280, 720))) for file in files) > 0
