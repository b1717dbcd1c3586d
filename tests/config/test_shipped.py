"""What ships is found, described and valid."""

from __future__ import annotations

import pytest

from neurogate.config import shipped
from neurogate.config.loading import load


@pytest.mark.parametrize("name", shipped.names())
@pytest.mark.parametrize("quick", [False, True])
def test_every_shipped_simulation_is_valid(name: str, quick: bool) -> None:
    assert load(name, quick=quick).name == name


def test_every_shipped_simulation_says_in_a_line_what_it_is() -> None:
    found = shipped.descriptions()
    assert tuple(found) == shipped.names()
    assert all(20 < len(text) < 100 for text in found.values())


def test_the_folder_holds_the_files() -> None:
    assert {path.stem for path in shipped.folder().glob("*.toml")} == set(shipped.names())
