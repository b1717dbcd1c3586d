from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from neurogate import files
from neurogate.runs import store
from neurogate.runs.lease import Leases, lease_of
from neurogate.runs.leftovers import Freed, gc
from tests.runs.made import make, snapshot

HOUR_S = 3600.0


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make(tmp_path / "runs")


def cleared(run: Path, *, dry_run: bool = False) -> tuple[Freed, list[str]]:
    lines: list[str] = []
    return gc(run.parent, lines.append, dry_run=dry_run), lines


def left(path: Path, content: bytes = b"123", age_s: float = 0.0) -> Path:
    path.write_bytes(content)
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def unfinished(run: Path, age_s: float) -> Path:
    """Leave a hidden folder that a killed process had begun to fill."""
    folder = run.with_name(f".{run.name}.0123456789ab.tmp")
    (folder / "figures").mkdir(parents=True)
    left(folder / "arrays.npz", bytes(2000), age_s)
    for path in (folder / "figures", folder):
        os.utime(path, (time.time() - age_s,) * 2)
    return folder


def beside(run: Path, ending: str) -> Path:
    return run.with_name(f".{run.name}.{ending}")


def hidden(run: Path) -> list[str]:
    return sorted(path.name for path in run.parent.glob(".*") if path.name != ".lock")


def test_where_nothing_is_left_nothing_is_said(run: Path) -> None:
    before = snapshot(run.parent)
    assert cleared(run) == (Freed(), [])
    assert snapshot(run.parent) == before


def test_an_unfinished_folder_goes_after_an_hour_of_rest(run: Path) -> None:
    folder = unfinished(run, HOUR_S - 100)
    assert cleared(run) == (
        Freed(),
        [f"{folder} (unfinished, 2 kB) stays: it changed within the last hour."],
    )
    for path in (folder / "arrays.npz", folder / "figures", folder):
        os.utime(path, (time.time() - HOUR_S - 100,) * 2)
    assert cleared(run) == (Freed(things=1, size=2000), [f"{folder} (unfinished, 2 kB) is removed."])
    assert hidden(run) == []


def test_a_file_that_changed_deep_inside_counts(run: Path) -> None:
    folder = unfinished(run, 2 * HOUR_S)
    left(folder / "figures" / "overview.png")
    os.utime(folder / "figures", (time.time() - 2 * HOUR_S,) * 2)
    assert cleared(run)[0].things == 0
    assert folder.exists()


@pytest.mark.parametrize("name", ["checkpoint.0123456789ab.tmp", "lease.0123456789ab.tmp"])
def test_nothing_of_a_run_that_is_being_executed_goes(run: Path, name: str) -> None:
    folder, file = unfinished(run, 2 * HOUR_S), left(beside(run, name), age_s=2 * HOUR_S)
    checkpoint = left(beside(run, "checkpoint"), age_s=HOUR_S)
    with Leases() as leases:
        leases.acquire(run)
        freed, lines = cleared(run)
        assert (freed, lease_of(run).exists()) == (Freed(), True)
        assert [line.rpartition(" stays: ")[2] for line in lines] == [f"{run.name} is being executed."] * 2
    assert (folder.exists(), file.exists(), checkpoint.exists()) == (True, True, True)
    assert cleared(run)[0].things == 3


def test_what_a_worker_left_that_was_killed_while_it_wrote_why_a_run_failed_goes(run: Path) -> None:
    folder = run.with_name("what_when-sweep-0123456789ab") / "failed"
    folder.mkdir(parents=True)
    log = left(folder / "0123456789ab.log")
    unfinished = left(folder / ".0123456789ab.log.0123456789ab.tmp", age_s=2 * HOUR_S)
    assert cleared(run)[0] == Freed(1, 3)
    assert (log.exists(), unfinished.exists()) == (True, False)


@pytest.mark.parametrize("name", [".index.sqlite.0123456789ab.tmp-wal", ".writable.0123456789ab.tmp"])
def test_what_belongs_to_no_run_goes_too(run: Path, name: str) -> None:
    left(run.with_name(name), age_s=2 * HOUR_S)
    assert (cleared(run)[0], hidden(run)) == (Freed(1, 3), [])


@pytest.mark.parametrize("kind", ["sweep", "tune"])
def test_what_is_unfinished_in_the_folder_of_a_sweep_or_a_search_goes_too(run: Path, kind: str) -> None:
    folder = run.with_name(f"made-{kind}-0123456789ab")
    folder.mkdir()
    names = [".stop.0123456789ab.tmp", ".table.csv.0123456789ab.tmp", ".mine-0123456789ab.lease", "table.csv"]
    for name in names:
        left(folder / name, age_s=HOUR_S - 100)
    assert cleared(run)[0] == Freed()
    for name in names:
        left(folder / name, age_s=HOUR_S + 100)
    with Leases() as leases:
        leases.acquire(folder)
        assert cleared(run)[0] == Freed()
    assert cleared(run)[0] == Freed(2, 6)
    assert sorted(path.name for path in folder.iterdir()) == sorted(names[2:])


def test_the_lease_of_a_dead_process_goes_and_that_of_a_living_one_stays(run: Path) -> None:
    child = os.fork()
    if child == 0:
        Leases().acquire(run)
        os._exit(0)
    os.waitpid(child, 0)
    freed, (line,) = cleared(run)
    assert (freed.things, hidden(run)) == (1, [])
    assert "(its holder is gone, " in line
    with Leases() as leases:
        leases.acquire(run)
        assert cleared(run) == (Freed(), [])
        assert lease_of(run).exists()


def test_a_lease_that_comes_alive_meanwhile_stays(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lease, rename = left(lease_of(run), b"{}", age_s=60.0), Path.rename

    def beats_at_the_last_moment(path: Path, target: Path) -> Path:
        if path == lease:
            os.utime(lease)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", beats_at_the_last_moment)
    freed, (line,) = cleared(run)
    assert (freed, lease.exists()) == (Freed(), True)
    assert line.endswith("stays: it has just been changed.")


@pytest.mark.parametrize(("done", "goes"), [(True, True), (False, False)])
def test_the_checkpoint_of_a_run_goes_once_the_run_is_done(run: Path, *, done: bool, goes: bool) -> None:
    checkpoint = left(beside(run, "checkpoint"), age_s=10.0)
    if not done:
        shutil.rmtree(run)
    assert cleared(run)[0].things == goes
    assert checkpoint.exists() is not goes


def test_the_checkpoint_of_a_run_that_is_done_but_damaged_stays(run: Path) -> None:
    checkpoint = left(beside(run, "checkpoint"), age_s=10.0)
    (run / "arrays.npz").unlink()
    assert (cleared(run), checkpoint.exists()) == ((Freed(), []), True)


def test_the_checkpoint_of_a_repetition_stays(run: Path) -> None:
    checkpoint = left(beside(run, "checkpoint"), age_s=-1.0)
    freed, (line,) = cleared(run)
    assert (freed, checkpoint.exists()) == (Freed(), True)
    assert line.endswith("stays: a repetition with --force continues from it.")


def test_a_replaced_run_goes_only_if_the_new_one_is_whole(run: Path) -> None:
    aside = Path(shutil.copytree(run, beside(run, "old")))
    (run / "log.txt").unlink()
    freed, (line,) = cleared(run)
    assert (freed, aside.exists()) == (Freed(), True)
    assert "verify comes first" in line
    shutil.rmtree(run)
    assert cleared(run)[0].things == 0
    store.restore(run)
    shutil.copytree(run, aside)
    assert cleared(run)[0].things == 1
    assert hidden(run) == []
    store.load(run)


def test_a_run_that_is_set_aside_at_the_last_moment_is_not_lost(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside, rename = Path(shutil.copytree(run, beside(run, "old"))), Path.rename
    before = snapshot(run)

    def moved_aside_by_another(path: Path, target: Path) -> Path:
        if path == aside:
            monkeypatch.setattr(Path, "rename", rename)
            shutil.rmtree(aside)
            rename(run, aside)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", moved_aside_by_another)
    assert cleared(run)[0] == Freed()
    store.restore(run)
    assert snapshot(run) == before


def test_a_dry_run_says_the_same_and_removes_nothing(run: Path) -> None:
    unfinished(run, 2 * HOUR_S)
    left(beside(run, "checkpoint"), age_s=10.0)
    before = snapshot(run.parent)
    freed, lines = cleared(run, dry_run=True)
    assert (snapshot(run.parent).keys() - {".lock"}, freed) == (before.keys(), Freed(2, 2003))
    assert [line.rpartition(")")[2] for line in lines] == [" would be removed."] * 2
    assert cleared(run)[0] == freed


@pytest.mark.parametrize("site", ["rename", "unlink"])
def test_a_disk_that_refuses_is_told_and_the_rest_is_done(
    run: Path, monkeypatch: pytest.MonkeyPatch, site: str
) -> None:
    left(beside(run, "checkpoint"), age_s=10.0)
    unfinished(run, 2 * HOUR_S)
    done: Callable[..., object] = getattr(Path, site)

    def refuse(path: Path, *arguments: object, **options: object) -> object:
        if "checkpoint" in path.name:
            raise OSError(errno.EROFS, "Read-only file system")
        return done(path, *arguments, **options)

    monkeypatch.setattr(Path, site, refuse)
    freed, lines = cleared(run)
    assert (freed.things, freed.refused) == (1, 1)
    assert f"{beside(run, 'checkpoint')} cannot be removed: Read-only file system." in lines
    assert len(hidden(run)) == 1
    store.load(run)


def test_the_quarantine_is_left_to_the_user(run: Path) -> None:
    place = run.parent / ".quarantine" / "made-0123456789ab-20250101T000000.000000Z"
    place.mkdir(parents=True)
    left(place / "arrays.npz", bytes(5_250_000))
    assert cleared(run) == (
        Freed(),
        [f"{place.parent} holds 1 folder (5.25 MB): look at it, then delete it."],
    )


def test_files_are_told_from_what_only_looks_like_them(run: Path) -> None:
    for name in (
        ".notes.lease",
        ".backup.old",
        ".mine.checkpoint",
        ".draft.tmp",
        ".made-0123456789ab.lease.bak",
    ):
        left(run.with_name(name), age_s=10 * HOUR_S)
    assert cleared(run) == (Freed(), [])
    assert len(hidden(run)) == 5
    assert files.hidden_sibling(run, "tmp").name not in hidden(run)
