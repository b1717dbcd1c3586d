from __future__ import annotations

import functools
import os
import resource
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurogate.errors import RequestError
from neurogate.runs import index as module
from neurogate.runs import row
from neurogate.runs.index import FORMAT, Index
from neurogate.runs.row import Row
from tests.runs.made import copies, make

Log = pytest.LogCaptureFixture


def truth(out: Path) -> list[Row]:
    return [row.read(folder) for folder in sorted(out.glob("[!.]*"))]


def stored(index: Index) -> list[tuple[object, ...]]:
    """Return what the database itself holds."""
    if not index.path.exists():
        return []
    with closing(sqlite3.connect(index.path)) as connection:
        return list(connection.execute("SELECT * FROM runs ORDER BY folder"))


def version_of(path: Path, new: int | None = None) -> int:
    with closing(sqlite3.connect(path)) as connection:
        if new is not None:
            connection.execute(f"PRAGMA user_version = {new}")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return int(version)


def forked(*works: Callable[[], object]) -> list[int]:
    """Do things at once, each in a process of its own, and return their exit codes."""
    children = []
    for work in works:
        children.append(os.fork())
        if children[-1] == 0:
            code = 1
            try:
                work()
                code = 0
            finally:
                os._exit(code)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    for seed in (1, 2, 3):
        make(tmp_path / "runs", seed=seed)
    return Index(tmp_path / "runs")


def test_a_live_index_a_rebuilt_one_and_the_folders_say_the_same(tmp_path: Path) -> None:
    live = Index(tmp_path)
    live.update(make(tmp_path, seed=1))
    live.update(make(tmp_path, seed=2, outcome="diverged", metrics={}), make(tmp_path, n=100))
    assert len(stored(live)) == 3
    assert live.rows() == truth(tmp_path)
    before = stored(live)
    assert live.rebuild() == 3
    assert stored(live) == before


@given(steps=st.lists(st.tuples(st.sampled_from("amdru"), st.integers(1, 4)), max_size=12))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_to_the_folders_the_index_follows(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    out = tmp_path_factory.mktemp("runs")
    index = Index(out)
    for step, seed in steps:
        folder = make(out, seed=seed, metrics={"force": {"r": float(len(steps))}}) if step == "a" else None
        found = sorted(out.glob("[!.]*"))
        if step == "u" and found:
            index.update(found[seed % len(found)])
        elif step == "m" and found:
            found[0].rename(out / f"moved-{seed}")
        elif step == "d" and found:
            shutil.rmtree(found[-1])
        elif step == "r":
            assert index.rows() == truth(out)
        assert folder is None or folder.exists()
    assert index.rows() == truth(out)
    live = stored(index)
    index.rebuild()
    assert stored(index) == live


def test_runs_are_not_read_again_unless_they_changed(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    index.rows()
    read, seen = row.read, []
    monkeypatch.setattr(row, "read", lambda folder: (seen.append(folder), read(folder))[1])
    index.rows()
    assert seen == []
    changed = make(index.out, seed=2, metrics={"force": {"r": 1.0}})
    assert [found.metrics for found in index.rows() if found.folder == changed.name] == [
        {"force": {"r": 1.0}}
    ]
    assert seen == [changed]


def test_only_the_runs_that_are_asked_for_are_read(index: Index, caplog: Log) -> None:
    one, two, other = truth(index.out)
    (index.out / other.folder / "config.toml").write_text("")
    asked = [one.folder, "absent-0123456789ab", two.folder]
    assert index.rows(asked) == index.rows(asked) == [one, two]
    assert [line[0] for line in stored(index)] == [one.folder, two.folder]
    assert caplog.records == []


def test_what_is_no_run_is_not_listed(index: Index) -> None:
    for name in (".made-0.tmp", "made-figures", "made-sweep-0123456789ab"):
        (index.out / name).mkdir()
    (index.out / "note.txt").write_text("")
    shutil.copy(next(index.out.glob("made-*[!s]")) / "manifest.json", index.out / ".made-0.tmp")
    assert len(index.rows()) == 3


def test_a_damaged_run_is_named_and_left_out(index: Index, caplog: Log) -> None:
    folder = make(index.out, seed=2)
    index.rows()
    (folder / "summary.json").write_text("{}")
    assert [found.folder for found in index.rows()] == sorted(
        path.name for path in index.out.glob("made-*") if path != folder
    )
    assert f"{folder} is damaged: summary.json is not as it was written" in caplog.text


@given(place=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255), harm=st.sampled_from("fc"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_index_is_never_believed(index: Index, place: float, bits: int, harm: str) -> None:
    index.rows()
    content = bytearray(index.path.read_bytes())
    at = int(place * len(content))
    if harm == "c":
        del content[at:]
    else:
        content[at] ^= bits
    index.path.write_bytes(content)
    assert Index(index.out).rows() == truth(index.out)
    index.path.unlink()


def test_a_plausible_lie_in_the_index_is_noticed(index: Index) -> None:
    index.rows()
    with closing(sqlite3.connect(index.path)) as connection, connection:
        connection.execute("UPDATE runs SET metrics = '{}', outcome = 'diverged'")
        connection.execute("DELETE FROM runs WHERE wall_time_s > 0.6")
        connection.execute("INSERT INTO runs (folder) VALUES ('invented-0123456789ab')")
    assert index.rows() == truth(index.out)


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(4096)])
def test_what_is_no_database_is_made_anew(index: Index, content: bytes) -> None:
    index.path.write_bytes(content)
    assert index.rows() == truth(index.out)
    assert len(stored(index)) == 3
    index.path.write_bytes(content)
    assert index.rebuild() == 3


def test_an_older_index_is_made_anew(index: Index) -> None:
    index.rows()
    with closing(sqlite3.connect(index.path)) as connection, connection:
        connection.execute("ALTER TABLE runs DROP COLUMN digest")
    version_of(index.path, FORMAT - 1)
    assert index.rows() == truth(index.out)
    assert (version_of(index.path), len(stored(index))) == (FORMAT, 3)


def test_a_newer_index_is_left_alone_and_the_folders_are_read(index: Index, caplog: Log) -> None:
    index.rows()
    version_of(index.path, FORMAT + 1)
    before = index.path.read_bytes()
    assert index.rows() == truth(index.out)
    index.update(make(index.out, seed=4))
    with pytest.raises(RequestError, match=r"has format 2; .* format 1\. Use that version, or delete"):
        index.rebuild()
    assert index.path.read_bytes() == before
    assert [record.getMessage() for record in caplog.records] == [
        f"The index {index.path} has format 2; this neurogate knows format 1. It is left alone, and the run "
        "folders are read; update neurogate, or delete it."
    ]


def test_processes_may_write_at_once(index: Index) -> None:
    folders = copies(next(index.out.glob("made-*")), 60)

    def update(start: int) -> None:
        for folder in folders[start::3]:
            Index(index.out).update(folder)

    def rebuild() -> None:
        for _ in range(5):
            Index(index.out).rebuild()

    def read() -> None:
        for _ in range(10):
            assert len(Index(index.out).rows()) == 63

    assert forked(*(functools.partial(update, i) for i in range(3)), rebuild, read) == [0] * 5
    assert index.rows() == truth(index.out)
    live = stored(index)
    index.rebuild()
    assert stored(index) == live
    assert list(index.out.glob(".index.sqlite.*")) == []


@pytest.mark.parametrize(
    "error", [sqlite3.OperationalError("database or disk is full"), OSError(30, "Read-only")]
)
def test_a_disk_that_refuses_costs_a_line_and_changes_nothing(
    index: Index, monkeypatch: pytest.MonkeyPatch, caplog: Log, error: Exception
) -> None:
    index.rows()
    new, before = make(index.out, seed=4), stored(index)

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(module, "_do", refuse)
    index.update(new)
    assert index.rows() == truth(index.out)
    with pytest.raises(RequestError, match=r"cannot be written: .*(full|Read-only).*Mend that first"):
        index.rebuild()
    assert stored(index) == before
    assert len(caplog.records) == 1


def test_a_disk_that_refuses_even_to_remove_is_told_in_a_sentence(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.rows()
    before = stored(index)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(module, "_do", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(RequestError, match="cannot be written"):
        index.rebuild()
    assert stored(index) == before


def test_a_disk_that_fills_up_leaves_the_index_as_it_was(index: Index) -> None:
    index.rows()
    before = stored(index)
    folders = copies(next(index.out.glob("made-*")), 20)

    def write_too_much() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
        index.update(*folders)
        assert len(index.rows()) == 23
        with pytest.raises(RequestError, match="cannot be written"):
            index.rebuild()

    assert forked(write_too_much) == [0]
    assert stored(index) == before
    assert list(index.out.glob(".index.sqlite.*.tmp*")) == []
    assert index.rows() == truth(index.out)


def test_a_folder_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"absent is no folder that can be read \(No such file.*--out"):
        Index(tmp_path / "absent").rows()


def test_a_place_that_holds_no_file_costs_a_line(index: Index, caplog: Log) -> None:
    index.path.mkdir()
    assert index.rows() == truth(index.out)
    assert "cannot be used (unable to open database file)" in caplog.text
    with pytest.raises(RequestError, match="cannot be written"):
        index.rebuild()
