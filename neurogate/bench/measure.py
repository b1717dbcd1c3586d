"""Measure contenders side by side: interleaved repetitions, medians, the first run apart.

Each contender runs in a process of its own (`child`), and in each round every contender runs once, so that
what disturbs the machine disturbs all of them alike.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from ..errors import RunError
from .child import ONE_THREAD
from .peers import PEERS, Peer
from .workloads import Workload

__all__ = ["BUDGET_S", "FEWEST", "Contender", "Measured", "contenders", "measure", "rows"]

Tell = Callable[[str], object]
BUDGET_S, FEWEST = 30.0, 5
"""A contender that has run for so long is repeated no more, once it has run at least so often."""


@attrs.frozen
class Contender:
    """Who runs a workload: neurogate with a backend and a number type, or a peer."""

    workload: Workload  # what is run
    dtype: str  # "float32" or "float64"
    backend: str = ""  # of neurogate
    peer: str = ""  # instead of neurogate

    @property
    def title(self) -> str:
        """A name for messages."""
        return f"{self.workload.name} {self.peer or f'neurogate {self.backend} {self.dtype}'}"

    def request(self) -> dict[str, Any]:
        """Return what its process is asked for."""
        who = {"peer": self.peer} if self.peer else {"backend": self.backend, "dtype": self.dtype}
        return {"workload": attrs.asdict(self.workload), **who}


@attrs.define
class Measured:
    """What is known of a contender: times after the first, or why there are none."""

    contender: Contender  # who ran
    times: list[float] = attrs.Factory(list)  # seconds of each run but the first
    compile_seconds: float = math.nan  # preparing and the first run
    rate_hz: float = math.nan  # mean rate of the neurons
    peak_mb: float = math.nan  # most memory held
    failure: str = ""  # why it could not run

    @property
    def seconds(self) -> float:
        """Median time of a run."""
        return statistics.median(self.times) if self.times else math.nan

    @property
    def done(self) -> bool:
        """Whether it has run long enough to stop early, or has failed."""
        return bool(self.failure) or (len(self.times) >= FEWEST and sum(self.times) > BUDGET_S)


class _Process:
    """The process of one contender."""

    def __init__(self, contender: Contender) -> None:
        self.measured = Measured(contender)
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed with the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "neurogate.bench.child"],
            env={**os.environ, **ONE_THREAD},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        if self.process.stdin is None or self.process.stdout is None:
            raise RunError(f"The process of {contender.title} could not be started.")
        self.sends, self.answers = self.process.stdin, self.process.stdout

    def ask(self, line: str) -> dict[str, float] | None:
        """Send a line and return the answer; None, and the reason kept, if the process has died."""
        try:
            self.sends.write(line + "\n")
            self.sends.flush()
            answer = self.answers.readline()
        except BrokenPipeError:
            answer = ""
        if answer:
            return dict(json.loads(answer))
        self.process.wait()
        self.log.seek(0)
        said = [line for line in self.log.read().splitlines() if line.strip()]
        self.measured.failure = said[-1] if said else f"exit code {self.process.returncode}"
        return None

    def first(self) -> None:
        """Prepare and run once; that is what compiling costs."""
        prepared = self.ask(json.dumps(self.measured.contender.request()))
        answer = self.ask("run") if prepared else None
        if prepared and answer:
            self.measured.compile_seconds = prepared["prepare_seconds"] + answer["whole"]

    def again(self) -> None:
        """Run once more and keep the time."""
        answer = self.ask("run")
        if answer:
            self.measured.times.append(answer["seconds"])
            self.measured.rate_hz, self.measured.peak_mb = answer["rate_hz"], answer["peak_mb"]

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(BrokenPipeError):
            self.sends.close()
        self.process.wait()
        self.answers.close()
        self.log.close()


def contenders(
    workload: Workload, dtypes: Sequence[str], backend: str, peers: Sequence[str] | None, *, slow: bool
) -> tuple[list[Contender], list[Peer]]:
    """Return who runs a workload here, and which peers would if they were installed.

    Parameters
    ----------
    workload : Workload
    dtypes : sequence of str
    backend : str
    peers : sequence of str, optional
        Only these, on all that they can do; by default every peer on what it does in reasonable time.
    slow : bool
        Whether every peer is to do all that it can.

    Examples
    --------
    >>> from neurogate.bench.workloads import WORKLOADS
    >>> here, _ = contenders(WORKLOADS["a1000"], ["float32"], "numba", ["numpy"], slow=False)
    >>> [contender.title for contender in here]
    ['a1000 neurogate numba float32', 'a1000 numpy']
    """
    ours = [Contender(workload, dtype, backend=backend) for dtype in dtypes]
    able = [
        peer
        for peer in PEERS.values()
        if (peers is None or peer.name in peers)
        and workload.name in peer.workloads + (peer.on_request if slow or peers is not None else ())
    ]
    theirs = [Contender(workload, "float64", peer=peer.name) for peer in able if not peer.missing]
    return ours + theirs, [peer for peer in able if peer.missing]


def measure(who: Sequence[Contender], repeat: int, tell: Tell) -> list[Measured]:
    """Run every contender `repeat` times in turn, after a first run that is not counted.

    Parameters
    ----------
    who : sequence of Contender
    repeat : int
    tell : callable
        Is told how far it is.
    """
    processes: list[_Process] = []
    try:
        for contender in who:
            processes.append(_Process(contender))
            tell(f"{contender.title}: preparing")
            processes[-1].first()
        for turn in range(repeat):
            running = [p for p in processes if not p.measured.done]
            if running:
                tell(f"{who[0].workload.name}: round {turn + 1} of {repeat}, {len(running)} contenders")
            for process in running:
                process.again()
    finally:
        for process in processes:
            process.close()
    return [process.measured for process in processes]


def rows(
    measured: Sequence[Measured], missing: Sequence[Peer], bound: Callable[[Contender], float]
) -> list[dict[str, Any]]:
    """Return one row for each of our runs beside each peer; numbers that are not known are None.

    Parameters
    ----------
    measured : sequence of Measured
    missing : sequence of Peer
    bound : callable
        Returns the least seconds that one of our runs could take.
    """
    ours = [m for m in measured if not m.contender.peer]
    theirs = [m for m in measured if m.contender.peer]
    found: list[dict[str, Any]] = []
    for mine in ours:
        base = _row(mine, bound(mine.contender))
        found += [base | _beside(mine, peer) for peer in theirs]
        found += [base | {"peer": peer.name, "note": f"not installed: {peer.install}"} for peer in missing]
        found += [] if theirs or missing else [base]
    return found


def _row(mine: Measured, bound_seconds: float) -> dict[str, Any]:
    who = mine.contender
    return {
        "workload": who.workload.name, "backend": who.backend, "dtype": who.dtype,
        "seconds": _known(mine.seconds), "peer": None, "peer_seconds": None, "ratio": None,
        "bound_seconds": _known(bound_seconds), "peak_mb": _known(mine.peak_mb),
        "compile_seconds": _known(mine.compile_seconds), "rate_hz": _known(mine.rate_hz),
        "expected_rate_hz": who.workload.rate_hz, "threads": who.workload.threads, "runs": len(mine.times),
        "peer_compile_seconds": None, "peer_rate_hz": None, "peer_peak_mb": None, "peer_runs": 0,
        "note": mine.failure,
    }  # fmt: skip


def _beside(mine: Measured, peer: Measured) -> dict[str, Any]:
    return {
        "peer": peer.contender.peer, "peer_seconds": _known(peer.seconds),
        "ratio": _known(peer.seconds / mine.seconds), "peer_compile_seconds": _known(peer.compile_seconds),
        "peer_rate_hz": _known(peer.rate_hz), "peer_peak_mb": _known(peer.peak_mb),
        "peer_runs": len(peer.times), "note": "; ".join(filter(None, (mine.failure, peer.failure))),
    }  # fmt: skip


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None
