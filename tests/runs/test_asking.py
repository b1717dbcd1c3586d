"""An experiment's command line: its usual numbers, and one sentence for a mistake."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from neurogate.errors import RunError
from neurogate.runs.asking import answer, ask, count, reader


@pytest.mark.parametrize(
    ("arguments", "seeds"), [([], 20), (["--quick"], 3), (["--quick", "--seeds", "7"], 7)]
)
def test_seeds_are_the_usual_number_unless_asked(arguments: list[str], seeds: int) -> None:
    assert ask(reader("Measure.", 20, 3), arguments).seeds == seeds


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seeds", "1"], "--seeds is 1; an interval needs at least 2."),
        (["--jobs", "0"], "--jobs is 0; it must be at least 1."),
        (["--neurons", "0"], "--neurons is 0; it must be at least 1."),
    ],
)
def test_a_mistake_is_a_sentence(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = reader("Measure.", 20, 2)
    count(parser, "neurons", 1000, 300, "of each network")
    with pytest.raises(SystemExit) as ended:
        ask(parser, arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_one_seed_is_enough_where_there_is_no_interval(capsys: pytest.CaptureFixture[str]) -> None:
    parser = reader("Measure.", 3, 1, least_seeds=1)
    assert ask(parser, ["--quick"]).seeds == 1
    with pytest.raises(SystemExit):
        ask(parser, ["--seeds", "0"])
    assert "--seeds is 0; it must be at least 1." in capsys.readouterr().err


def test_two_readers_do_not_share_their_numbers() -> None:
    with_neurons, plain = (reader("Measure.", 20, 2) for _ in range(2))
    count(with_neurons, "neurons", 1000, 300, "of each network")
    assert ask(with_neurons, []).neurons == 1000
    assert not hasattr(ask(plain, []), "neurons")


def test_what_goes_wrong_on_purpose_ends_in_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def work(asked: object) -> None:
        raise RunError("The disk is full.")

    with pytest.raises(SystemExit) as ended:
        answer(reader("Measure.", 20, 2), work, [])
    assert ended.value.code == 1
    assert capsys.readouterr().err == "The disk is full.\n"


def test_what_goes_wrong_on_the_disk_ends_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(asked: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", f"{tmp_path}/table.json")

    with pytest.raises(SystemExit) as ended:
        answer(reader("Measure.", 20, 2), work, ["--out", str(tmp_path / "not" / "yet")])
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"{tmp_path}/table.json: No space left on device.\n"


@pytest.mark.parametrize("below", ["", "/runs/of/mine"])
def test_a_file_in_place_of_the_folder_is_told_before_the_work(
    below: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "note").write_text("mine", "utf-8")
    with pytest.raises(SystemExit) as ended:
        ask(reader("Measure.", 20, 2), ["--out", f"{tmp_path}/note{below}"])
    assert ended.value.code == 2
    assert f"{tmp_path}/note is no folder; name another." in capsys.readouterr().err
    assert (tmp_path / "note").read_text("utf-8") == "mine"
