"""The experiment draws all 20 panels, says what they show, and writes nothing but its figure."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from neurogate.neurons.patterns import PATTERNS
from neurogate.neurons.responses import respond


@pytest.fixture(scope="module")
def script(checkout: Path) -> dict[str, Any]:
    return runpy.run_path(str(checkout / "experiments" / "izhikevich_2004_patterns.py"))


def test_every_panel_has_a_trace_a_current_and_a_bar_of_20_ms(script: dict[str, Any]) -> None:
    responses = [(pattern, respond(pattern.neuron, pattern.stimulus)) for pattern in PATTERNS.values()]
    axes = script["draw_all"](responses).axes
    assert [ax.get_title(loc="left") for ax in axes] == [f"({p.panel}) {p.title}" for p in PATTERNS.values()]
    for ax, (pattern, response) in zip(axes, responses, strict=True):
        trace, *others = ax.get_lines()
        assert trace.get_ydata().tolist() == response.v.tolist()
        assert any(len(line.get_xdata()) == response.current.size for line in others)
        assert any(abs(line.get_xdata()[-1] - line.get_xdata()[0] - 20) < 1e-9 for line in others)
        low, high = ax.get_ylim()
        assert low < response.v.min() < pattern.neuron.parameters["v_peak"] < high


def test_it_prints_that_every_pattern_shows_its_property_and_writes_the_figure(
    script: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script["main"](["--out", str(tmp_path / "new" / "folder")])
    *lines, last = capsys.readouterr().out.splitlines()
    assert [" yes " in line for line in lines] == [True] * 20
    written = sorted((tmp_path / "new" / "folder").iterdir())
    assert [path.suffix for path in written] == [".pdf", ".png"]
    assert all(path.stat().st_size > 10_000 for path in written)
    assert str(written[1].with_suffix("")) in last
