from __future__ import annotations

import pytest

from neurogate.cli import main


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ([], "what_when"),
        (["sims"], "what_when"),
        (["rules"], "three_factor"),
        (["gate-signals"], "surprise"),
        (["gates"], "feature_selection"),
        (["online"], "least_squares"),
        (["signals"], "van_der_pol"),
        (["neurons"], "chattering_2003"),
    ],
)
def test_everything_listed_has_a_line_of_description(
    arguments: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", *arguments]) == 0
    rows = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert name in rows
    assert all(len(description) > 5 for description in rows.values())
