"""`neurogate sweep` from a grid to a report, and what it says on the way."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neurogate.backends import registry
from neurogate.cli import main
from tests.reliability.tiny import told

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("in_process")
def test_a_grid_becomes_runs_a_table_and_a_report(tiny: list[str], capsys: Captured) -> None:
    words = ["sweep", *tiny, "--grid", "reservoir.gain=0.5,1.0", "--seeds", "2", "--jobs", "1"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "4 runs: 4 done."
    table, report = (Path(line.partition(": ")[2]) for line in out.splitlines()[1:])
    assert table.read_text().splitlines()[0].startswith("reservoir.gain,run.seed,rule,timing_error_ms")
    assert len(table.read_text().splitlines()) == 1 + 4 * 2
    assert "reservoir.gain" in report.read_text()
    assert "[4/4] done: reservoir.gain=1 run.seed=2" in err
    assert main([*words, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"folder": str(table.parent), "runs": 4, "outcomes": {"done": 4}}
    assert "4 of 4 runs are stored already." in err


@pytest.mark.usefixtures("in_process")
def test_one_seed_is_a_sweep_of_one_run(tiny: list[str], capsys: Captured) -> None:
    assert main(["sweep", *tiny, "--seeds", "1", "--jobs", "1"]) == 0
    (told, table, _) = capsys.readouterr().out.splitlines()
    assert told == "1 run: 1 done."
    head, first, *_ = Path(table.partition(": ")[2]).read_text().splitlines()
    assert (head.split(",")[0], first.split(",")[0]) == ("run.seed", "1")


@pytest.mark.usefixtures("in_process")
def test_a_dry_run_lists_the_runs_and_runs_none(tiny: list[str], capsys: Captured) -> None:
    assert main(["sweep", *tiny, "--grid", "reservoir.gain=0.5,1.0", "--dry-run"]) == 0
    out, _ = capsys.readouterr()
    lines = out.splitlines()
    assert [line.split()[1] for line in lines[:2]] == ["reservoir.gain=0.5", "reservoir.gain=1"]
    assert lines[2] == "2 runs, 0 of them stored already."
    assert re.fullmatch(r"Memory: about \d+ MB a run, \d+ MB for 2 at once\.", lines[3])
    assert lines[4].startswith("Time: about ")
    assert not Path("runs").exists()


@pytest.mark.usefixtures("in_process")
def test_a_dry_run_for_programs_holds_every_run_and_what_the_missing_ones_take(
    tiny: list[str], capsys: Captured
) -> None:
    words = ["sweep", *tiny, "--seeds", "2", "--jobs", "1", "--json"]
    assert main(words) == 0
    capsys.readouterr()
    assert main([*words, "--grid", "reservoir.gain=0.5,1,1.0", "--dry-run"]) == 0
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert (said["runs"], said["stored"], said["jobs"]) == (4, 2, 1)
    assert [(tuple(point["changes"].values()), point["stored"]) for point in said["points"]] == [
        ((0.5, 1), False), ((0.5, 2), False), ((1, 1), True), ((1, 2), True)
    ]  # fmt: skip
    left = [point["hash"] for point in said["points"] if not point["stored"]]
    assert sorted(hash_ for batch in said["batches"] for hash_ in batch) == sorted(left)
    assert said["memory_mb"] > 0 < said["seconds"]
    assert "6 points, 4 of them different" in err


@pytest.mark.usefixtures("in_process")
def test_a_dry_run_refuses_what_the_sweep_would_refuse(tiny: list[str], capsys: Captured) -> None:
    words = ["sweep", *tiny, "--seeds", "2", "--jobs", "1"]
    assert main(words) == 0
    for place, name in (("what_when-????????????", "arrays.npz"), ("what_when-sweep-*", "sweep.json")):
        folder = next(Path("runs").glob(place))
        (folder / name).write_bytes(b"damaged")
        said = []
        for more in ([], ["--dry-run"]):
            capsys.readouterr()
            assert main([*words, *more]) == 2
            said.append(capsys.readouterr().err.splitlines()[-1].partition(folder.name)[2])
        assert said[0].replace(f"{Path.cwd()}/", "") == said[1]
        assert f"is damaged: {name}" in said[1]


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("place", ["what_when-????????????", "what_when-sweep-*"])
def test_a_file_in_the_place_of_a_folder_is_named_and_verify_moves_it(
    place: str, tiny: list[str], capsys: Captured
) -> None:
    words = ["sweep", *tiny, "--seeds", "2", "--jobs", "1"]
    assert main(words) == 0
    folder = next(Path("runs").glob(place))
    shutil.rmtree(folder)
    folder.write_text("x")
    capsys.readouterr()
    assert main(words) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"{folder.name} is a file where a folder belongs. Move it away, or let `neurogate verify" in said
    assert main(["verify"]) == 1
    assert main(words) == 0
    assert folder.is_dir()


@pytest.mark.usefixtures("in_process")
def test_part_of_a_sweep_may_fail(tiny: list[str], capsys: Captured) -> None:
    assert main(["sweep", *tiny, "--grid", "reservoir.gain=1e5,1.0", "--jobs", "1"]) == 3
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "2 runs: 1 diverged, 1 done."
    assert "diverged: reservoir.gain=100000: Replica 0 diverged" in err
    (report,) = Path("runs").glob("*/report.html")
    assert "<td>Replica 0 diverged: " in report.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--grid", "reservoir.gian=1,2"], "reservoir.gian"),
        (["--grid", "reservoir.gain=-1,2"], "reservoir.gain"),
        (["--grid", "reservoir.gain="], "reservoir.gain"),
        ([], "the sweep varies nothing"),
        (["--seeds", "2", "--jobs", "0"], "--jobs is 0; it must be at least 1."),
        (["--seeds", "2", "--jobs", "2.7"], "--jobs: 2.7 is not a whole number."),
        (["--seeds", "2", "--timeout", "-1"], "--timeout is -1"),
        (["--seeds", "2", "--memory-mb", "0.1"], "all runs under way together may take 0.1 MB"),
        (["--seeds", "2", "--memory-mb", "0.1", "--dry-run"], "The run with run.seed=1 needs "),
        (
            ["--seeds", "2", "--scheduler", "tcp://127.0.0.1:9"],
            "No Dask scheduler answers at tcp://127.0.0.1:9",
        ),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_written(
    words: list[str], said: str, tiny: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neurogate.runs.cluster._CONNECT_S", 1)
    assert main(["sweep", *tiny, *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said.lower() in err.lower()
    assert "Traceback" not in err
    assert not Path("runs").exists()


@pytest.mark.parametrize("address", ["foo", "http://foo:8786", "tcp://foo:99999"])
def test_what_is_no_address_of_a_scheduler_is_said_at_once_and_nothing_else(
    address: str, tiny: list[str]
) -> None:
    words = [sys.executable, "-m", "neurogate", "sweep", *tiny, "--seeds", "2", "--scheduler", address]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"The scheduler's address is {address}; it must be as tcp://host:8786")
    assert len(done.stderr.splitlines()) == 1


def test_a_backend_that_cannot_run_is_said_once_and_nothing_is_written(
    tiny: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        registry, "_describe", lambda name: registry.BackendInfo(name, name != "cuda", "No", "Go")
    )
    words = ["sweep", *tiny, "--seeds", "3", "--jobs", "1"]
    for more in (
        ["--backend", "cuda"],
        ["--grid", "run.backend=numba,cuda"],
        ["--backend", "cuda", "--dry-run"],
    ):
        assert main([*words, *more]) == 2
        assert capsys.readouterr().err == "The backend 'cuda' cannot run here: No. To mend that: Go.\n"
    assert not Path("runs").exists()


@pytest.mark.usefixtures("in_process")
def test_a_backend_is_a_setting_like_others(tiny: list[str], capsys: Captured) -> None:
    words = ["sweep", *tiny, "--seeds", "2", "--jobs", "1"]
    assert main([*words, "--backend", "numba"]) == 0
    assert main([*words, "--set", "run.backend=numba"]) == 0
    assert "2 of 2 runs are stored already." in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(tiny: list[str]) -> None:
    words = [
        sys.executable,
        "-m",
        "neurogate",
        "sweep",
        *tiny,
        "--seeds",
        "30",
        "--jobs",
        "2",
        "--batch",
        "1",
    ]
    sweep = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while not list(Path().glob("runs/what_when-[0-9a-f]*/manifest.json")):
        time.sleep(0.05)
        assert sweep.poll() is None
    sweep.send_signal(signal.SIGINT)
    out, _ = sweep.communicate(timeout=60)
    assert sweep.returncode == 1
    assert "cancelled" in out.splitlines()[0]
    assert out.splitlines()[-1] == "The same command continues where this one stopped."


def test_a_sweep_whose_driver_and_worker_are_killed_ends_as_one_that_nobody_stopped(tiny: list[str]) -> None:
    axes = [
        "reservoir.gain=0.5,1.0",
        "rules.three_factor.eta_when=0.05,0.1",
        "reservoir.inputs.density=0.5,1.0",
    ]
    words = [sys.executable, "-m", "neurogate", "sweep", *tiny, "--seeds", "2", "--jobs", "1"]
    words += ["--batch", "4", "--checkpoint", "0", *(word for axis in axes for word in ("--grid", axis))]
    whole, killed = Path("whole"), Path("killed")
    for place in (whole, killed):
        place.mkdir()
    said = subprocess.run(words, cwd=whole, capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[0] == "16 runs: 16 done."

    driver = subprocess.Popen(words, cwd=killed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(driver, killed, 2)
    driver.kill()
    assert driver.wait() == -signal.SIGKILL
    assert not list(killed.glob("runs/*/report.html"))
    driver = subprocess.Popen(words, cwd=killed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(driver, killed, 6, under_way=3)
    os.kill(worker_of(driver), signal.SIGKILL)
    out, err = driver.communicate(timeout=300)
    assert "tried again; what is in checkpoints is kept." in err
    assert out == said
    assert driver.returncode == 0

    runs = sorted(path.parent.relative_to(whole) for path in whole.glob("runs/*/summary.json"))
    for run in runs:
        mine, theirs = told(killed / run), told(whole / run)
        assert {key: (value, theirs[key]) for key, value in mine.items() if value != theirs[key]} == {}
    assert results(killed) == results(whole)
    assert not list(killed.glob("runs/.*.lease"))
    assert main(["gc", "--out", str(killed / "runs")]) == 0
    assert not list(killed.glob("runs/.*.checkpoint"))


def wait_for(
    driver: subprocess.Popen[str] | subprocess.Popen[bytes], place: Path, stored: int, under_way: int = 0
) -> None:
    """Wait until so many runs are stored, and as many others have a checkpoint."""
    while True:
        there = {path.parent.name for path in place.glob("runs/what_when-[0-9a-f]*/manifest.json")}
        begun = {path.stem.removeprefix(".") for path in place.glob("runs/.what_when-*.checkpoint")}
        if len(there) >= stored and len(begun - there) >= under_way:
            return
        assert driver.poll() is None
        time.sleep(0.02)


def worker_of(driver: subprocess.Popen[str]) -> int:
    """Return the process that executes the runs of a driver."""
    children = Path(f"/proc/{driver.pid}/task").glob("*/children")
    found = [int(word) for path in children for word in path.read_text().split()]
    (worker,) = (child for child in found if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes())
    return worker


def results(place: Path) -> tuple[list[str], str]:
    """Return the table and the report of a sweep without the times that its runs took."""
    (table,) = place.glob("runs/*/table.csv")
    rows = [line.rpartition(",")[0] for line in table.read_text("utf-8").splitlines()]
    time_s = r'<td class="number" data-value="[^"]*">[^<]*</td>(?=<td>what_<wbr>when-)'
    report, times = re.subn(time_s, "", table.with_name("report.html").read_text("utf-8"))
    assert times == len(rows) - 1 == 32
    return rows, report


def test_a_terminal_shows_a_live_table(tiny: list[str]) -> None:
    driver, terminal = pty.openpty()
    words = [sys.executable, "-m", "neurogate", "sweep", *tiny, "--seeds", "2", "--jobs", "1"]
    sweep = subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=terminal, env={**os.environ, "TERM": "xterm"}
    )
    os.close(terminal)
    seen = b""
    while True:
        try:
            seen += os.read(driver, 4096)
        except OSError:
            break
    os.close(driver)
    assert sweep.wait() == 0
    for word in (b"done", b"running", b"failed", b"diverged", b"runs/min", b"left", b"2/2"):
        assert word in seen
