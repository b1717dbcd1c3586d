from __future__ import annotations

from pathlib import Path

import pytest

from neurogate.cli import main
from neurogate.plotting.kinds import KINDS
from neurogate.runs.store import Run, load
from tests.runs.reports import sweep_folder

Captured = pytest.CaptureFixture[str]


def test_the_report_of_a_run_lies_beside_it(stored: Run, capsys: Captured) -> None:
    assert main(["report", str(stored.path)]) == 0
    file = stored.path.with_name(f"{stored.path.name}-report.html")
    assert capsys.readouterr().out == f"{file}\n"
    text = file.read_text("utf-8")
    assert text.count("<svg") == len(KINDS) - 1  # of spikes the overview shows enough
    assert "could not" not in text
    load(stored.path)


def test_the_report_of_a_sweep_lies_in_its_folder_or_where_it_is_asked_for(
    tmp_path: Path, capsys: Captured
) -> None:
    sweep = sweep_folder(tmp_path / "runs")
    assert main(["report", str(sweep)]) == 0
    assert main(["report", str(sweep), "--out", str(tmp_path / "a" / "b.html")]) == 0
    said = capsys.readouterr().out.split()
    assert said == [str(sweep / "report.html"), str(tmp_path / "a" / "b.html")]
    assert Path(said[0]).read_bytes() == Path(said[1]).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "nothing is not a folder"),
        ([], "requires an argument"),
        (["nothing", "--uot", "x"], "Did you mean --out"),
    ],
)
def test_a_mistake_is_a_sentence(arguments: list[str], said: str, capsys: Captured) -> None:
    assert main(["report", *arguments]) == 2
    assert said in capsys.readouterr().err
