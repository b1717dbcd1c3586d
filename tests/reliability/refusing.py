"""R3: the disk is full, read-only or forbidden at every place where something is written.

Each command is carried out once to count what it asks of the disk. Then it is carried out again and again, on
a fresh copy of what was there, with another operation refused each time: only this one, or all that follow.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import io
import json
import logging
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest import mock

import attrs
from matplotlib.figure import Figure

from neurogate import config
from neurogate.cli import main
from neurogate.runs import manifest, pool
from neurogate.tasks.session import Session
from tests.reliability.disk import Disk
from tests.reliability.tiny import CHANGES, Tell, forked, inline, partial, tiny, told, visible

ERRORS = {"full": errno.ENOSPC, "read-only": errno.EROFS, "forbidden": errno.EACCES}
UNLUCKY = 3
PAGE = "<!doctype html>\n"
OFTEN = 3
"""How many of the operations of one place are refused."""
ENOUGH_KB = 1600
PATIENCE_S = 100.0
FOREVER = 1 << 60
_NEWNS = 0x20000


@attrs.frozen
class Command:
    """What is asked of neurogate, with the exit code that it has on a disk that works."""

    words: tuple[str, ...]
    code: int = 0
    harm: Callable[[Path], object] = lambda out: None
    wants: tuple[str, ...] = ()
    """Things that are there when the command has gone well."""
    again: int | None = None
    """The exit code that it may have, too, when it has gone well before."""


def _commands(toml: Path) -> dict[str, Command]:
    one = (str(toml), "--out", "OUT")
    seeds = ("--grid", "run.seed=2,3", "--jobs", "1", "--batch", "1", "--checkpoint", "0")
    return {
        "sweep": Command(("sweep", *one, *seeds), 3, wants=("*-sweep-*/report.html", "*-sweep-*/table.csv")),
        "run": Command(("run", *one, "--seed", "2")),
        "run --force": Command(("run", *one, "--seed", "1", "--force")),
        "runs": Command(("runs", "--out", "OUT")),
        "index rebuild": Command(("index", "rebuild", "--out", "OUT"), wants=(".index.sqlite",)),
        "verify": Command(("verify", "--out", "OUT"), 1, _damage, again=0),
        "gc": Command(("gc", "--out", "OUT"), harm=_leave),
        "report": Command(("report", "RUN"), wants=("*-report.html",)),
        **(_searched(one) if find_spec("optuna") else {}),
        **(_exported() if find_spec("pynwb") else {}),
    }


def _searched(one: tuple[str, ...]) -> dict[str, Command]:
    search = ("--metric", "probability_mae", "--draw", "reservoir.gain=choice:0.5,1.5", "--trials", "2")
    search += ("--at-once", "1", "--jobs", "1", "--batch", "1", "--checkpoint", "0")
    return {"tune": Command(("tune", *one, *search), wants=("*-tune-*/best.toml",))}


def _exported() -> dict[str, Command]:
    words = ("export", "RUN", "--nwb", "OUT/session.nwb")
    return {"export": Command(words, wants=("session.nwb",), again=2)}


def _damage(out: Path) -> None:
    run = shutil.copytree(_run(out), out / "what_when-0123456789ab")
    (run / "arrays.npz").write_bytes(b"damaged")


def _leave(out: Path) -> None:
    shutil.copyfile(_run(out) / "log.txt", out / f".{_run(out).name}.checkpoint")
    os.utime(out / f".{_run(out).name}.checkpoint", (0, 0))


def _run(out: Path) -> Path:
    return next(
        path for path in visible(out) if "-sweep-" not in path.name and path.name[-12:] != "0123456789ab"
    )


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Refuse what the commands ask of the disk, `count` times at most, and fill as many disks."""
    tiny(1)
    toml = folder / "simulation.toml"
    toml.write_text(
        config.dumps(config.load("what_when", [*CHANGES, 'record.variables=["spikes"]'])), "utf-8"
    )
    seen: Counter[str] = Counter()
    flaws: list[str] = []
    with _unlucky():
        said(("run", str(toml), "--seed", "1", "--out", str(folder / "before")))
        asked = [_Asked(name, command, folder, seen, flaws) for name, command in _commands(toml).items()]
        trials = [(one, *trial) for one in asked for trial in one.trials()]
        random.Random(1).shuffle(trials)
        for done, (one, number, last, kind) in enumerate(trials[:count]):
            one.refuse(number, last, kind)
            if done % 20 == 0:
                tell(f"{done} of {min(count, len(trials))} refusals, {len(flaws)} flaws")
        filled = _filled(folder / "mounted", toml, count // 10, flaws)
    sites = sorted({site for one in asked for site in one.sites})
    return {**seen, "places that write": len(sites), "places": sites, **filled, "flaws": flaws}


@contextlib.contextmanager
def _unlucky() -> Iterator[None]:
    """Let one run fail, so that a log of it is kept, and have no processes but this one."""
    result = Session.result

    def judged(self: Session) -> Any:
        if self.seeds == (UNLUCKY,):
            raise ValueError("no luck")
        return result(self)

    with (
        mock.patch.object(pool, "local", inline),
        mock.patch.object(Session, "result", judged),
        mock.patch("neurogate.plotting.overview.overview", side_effect=lambda arrays: Figure()),
        mock.patch("neurogate.runs.sweep_page.sweep_page", return_value=PAGE),  # takes seconds to draw
        mock.patch("neurogate.runs.run_page.run_page", return_value=PAGE),
        mock.patch("neurogate.runs.versions._source", return_value=""),  # a look at hundreds of files
    ):
        yield


def said(words: tuple[str, ...], disk: Disk | None = None) -> tuple[int | str, str, list[str]]:
    """Give a command in a process of its own; return its exit code, its words, its operations."""
    with tempfile.TemporaryFile("w+") as answer:
        _wait(forked(lambda: print(json.dumps(_said(words, disk)), file=answer, flush=True)))
        answer.seek(0)
        text = answer.read()
    return tuple(json.loads(text)) if text else ("the process died or hung", "", [])


def _wait(child: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while not os.waitpid(child, os.WNOHANG)[0]:
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.01)


def _said(words: tuple[str, ...], disk: Disk | None) -> tuple[int | str, str, list[str]]:
    errors, output = io.StringIO(), io.StringIO()
    logging.disable(logging.NOTSET)
    code: int | str
    with (
        contextlib.redirect_stderr(errors),
        contextlib.redirect_stdout(output),
        disk.watched() if disk else contextlib.nullcontext(),
    ):
        try:
            code = main(words)
        except SystemExit as end:
            code = end.code or 0
        except BaseException as error:  # noqa: BLE001
            code = f"{type(error).__name__} escaped: {error}"
    return code, errors.getvalue() + output.getvalue(), disk.sites if disk else []


class _Asked:
    """What one command asks of the disk, and what comes of refusing it."""

    def __init__(
        self, name: str, command: Command, folder: Path, seen: Counter[str], flaws: list[str]
    ) -> None:
        self.name, self.command, self.seen, self.flaws = name, command, seen, flaws
        self.before, self.out = folder / "before", folder / "out"
        self._fresh()
        _said(self.words, None)  # here, so that the processes that are forked later have it all loaded
        self._fresh()
        disk = Disk(self.out)
        code, errors, self.sites = said(self.words, disk)
        if code != command.code:
            raise RuntimeError(f"{name} ends with {code} where nothing is wrong: {errors}")
        self.whole = kept(self.out)

    @property
    def words(self) -> tuple[str, ...]:
        names = {"OUT": self.out, "RUN": self.out / _run(self.before).name}
        return tuple(
            str(names.get(word, word)).replace("OUT/", f"{self.out}/") for word in self.command.words
        )

    def trials(self) -> Iterator[tuple[int, int, str]]:
        """Yield the first and the last operation to refuse, and how: some of each place."""
        for site in dict.fromkeys(self.sites):
            here = [number for number, other in enumerate(self.sites) if other == site]
            for number in sorted({here[k * (len(here) - 1) // (OFTEN - 1)] for k in range(OFTEN)}):
                yield number, number, "full"
                yield from ((number, FOREVER, kind) for kind in ERRORS)

    def _fresh(self) -> None:
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(self.before, self.out)
        self.command.harm(self.out)

    def refuse(self, number: int, last: int, kind: str) -> None:
        self._fresh()
        disk = Disk(self.out, ERRORS[kind], number, last)
        code, errors, sites = said(self.words, disk)
        self.seen["trials"] += 1
        self.seen[f"trials with the disk {kind}"] += 1
        self.seen["trials that a message ended"] += code != self.command.code
        once = "once" if last == number else "from there on"
        site = sites[number] if number < len(sites) else "nothing"
        for flaw in self._flaws(code, errors):
            self.flaws.append(f"{self.name}, {kind} {once} at {number} ({site}): {flaw}")

    def _flaws(self, code: int | str, errors: str) -> Iterator[str]:
        usual = self.command.code
        yield from told_badly(code, errors, usual, self.out)
        yield from (f"partial: {one}" for one in partial_but(self.out))
        earlier = self.before / _run(self.before).name
        if self.name != "run --force" and told(self.out / earlier.name) != told(earlier):
            yield "the earlier run is not as it was"
        again, errors, _ = said(self.words)
        if again not in (usual, self.command.again if code == usual else usual):
            yield f"afterwards the same command ends with {again}: {errors[:300]}"
        if kept(self.out) != self.whole:
            yield "afterwards the store is another one"
        yield from (
            f"afterwards {one} is missing" for one in self.command.wants if not list(self.out.glob(one))
        )


def told_badly(code: int | str, errors: str, usual: int, out: Path) -> Iterator[str]:
    """Say what is wrong with what a user was told."""
    if not isinstance(code, int):
        yield code
    if "Traceback" in errors or "itself failed" in errors:
        yield f"no sentence: {errors[-300:]}"
    elif code != usual:
        lines = [line for line in errors.splitlines() if os.fspath(out) in line]
        if not lines:
            yield f"nothing names the place: {errors[-300:]}"
        if code not in (1, 2, 3):
            yield f"ended with {code}"


def partial_but(out: Path) -> list[str]:
    """Say what is partial, but for what was damaged on purpose, and for searches, which have no manifest."""
    return [one for one in partial(out) if "0123456789ab" not in one and "-tune-" not in one]


def kept(out: Path) -> dict[str, Any]:
    """Return what a store says, but for times."""
    runs = [
        path for path in visible(out) if "-sweep-" not in path.name and (path / manifest.MANIFEST).exists()
    ]
    # A run whose figures cannot be drawn is stored without them, and says so.
    return {path.name: {**told(path), "files": ()} for path in runs}


def _filled(place: Path, toml: Path, count: int, flaws: list[str]) -> dict[str, Any]:
    """Sweep on real disks, each of another size, that are full at some moment, and then enlarged."""
    place.mkdir()
    seen = place.with_suffix(".json")
    sizes = [ENOUGH_KB * (k + 1) // count for k in range(count)]
    os.waitpid(forked(lambda: _fill(place, toml, sizes, seen)), 0)
    if not seen.exists():
        return {"disks filled": 0, "why": "none could be mounted here"}
    found: dict[str, Any] = json.loads(seen.read_text("utf-8"))
    flaws += found.pop("flaws")
    return found


def _fill(place: Path, toml: Path, sizes_kb: list[int], seen: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEWNS):
        raise OSError(ctypes.get_errno(), "no namespace")
    _mount("--make-rprivate", "/")
    flaws: list[str] = []
    stopped = 0
    words = ("sweep", str(toml), "--out", str(place / "runs"), "--grid", "run.seed=1,2,4")
    words += ("--jobs", "1", "--batch", "1", "--checkpoint", "0")
    whole: dict[str, Any] = {}
    for size in [65536, *sizes_kb]:
        _mount("-t", "tmpfs", "-o", f"size={size}k", "none", str(place))
        code, errors, _ = said(words)
        stopped += code != 0
        found = [*told_badly(code, errors, 0, place), *(partial(place / "runs") if code == 0 else [])]
        _mount("-o", "remount,size=64m", str(place))
        code, errors, _ = said(words)
        found += [] if code == 0 else [f"afterwards {code}: {errors[-300:]}"]
        whole = whole or kept(place / "runs")
        found += [] if kept(place / "runs") == whole else ["afterwards the store is another one"]
        flaws += [f"disk of {size} kB: {flaw}" for flaw in found]
        _ask("umount", str(place))
    filled = {"disks filled": len(sizes_kb), "disks that stopped the sweep": stopped, "flaws": flaws}
    seen.write_text(json.dumps(filled), "utf-8")


def _mount(*words: str) -> None:
    _ask("mount", *words)


def _ask(program: str, *words: str) -> None:
    subprocess.run([shutil.which(program) or program, *words], check=True, capture_output=True)
