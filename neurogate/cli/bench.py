"""`neurogate bench`: how fast the simulator is here, beside others and beside what the machine allows."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from neurogate.cli.options import Whole
from neurogate.cli.options import command as command_line
from neurogate.errors import RequestError

if TYPE_CHECKING:
    from neurogate.bench.bounds import Ceilings

__all__ = ["bench"]

What = Literal["engine", "scale", "attention", "scanpath", "all"]
Row = dict[str, Any]
Several = Parameter(consume_multiple=True, negative=())
Plain = Parameter(negative=())
_FOLDER = Path("benchmarks/results")


def bench(
    what: What = "engine",
    /,
    *,
    workload: Annotated[list[str] | None, Several] = None,
    peer: Annotated[list[str] | None, Several] = None,
    dtype: Annotated[list[Literal["float32", "float64"]] | None, Several] = None,
    backend: Literal["numba", "numpy", "cuda"] = "numba",
    layer: Annotated[list[str] | None, Several] = None,
    threads: Annotated[list[Whole] | None, Several] = None,
    repeat: Whole = 5,
    slow: Annotated[bool, Plain] = False,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    write: Annotated[bool, Plain] = False,
    out: Path | None = None,
) -> int:
    """Measure how fast the simulator, gated attention, or measures of scanpaths are on this machine.

    The engine's workloads are run by neurogate and by every peer that is installed, each in a process of
    its own, in turn; the median counts. Beside them stands what the machine could do at best. Layers of
    gated attention run beside PyTorch, if it is installed, on the same arrays and threads; with --backend
    cuda both run on the GPU. Measures of scanpaths run beside multimatch_gaze, pysaliency and others, on
    one thread; who is absent is named.

    Try:
      neurogate bench
      neurogate bench --workload a1000 c1 --peer brian2-standalone
      neurogate bench attention --layer gla --dtype float64 --threads 1 2
      neurogate bench scanpath --json
      neurogate bench all --write

    Parameters
    ----------
    what
        engine (workloads beside peers and bounds), scale (how cost grows with size), attention (gated
        layers beside PyTorch, and how their cost grows with the length), scanpath (measures of two
        scanpaths beside public packages, and spiking models of gaze), or all.
    workload
        Only these: a1000 a2000 b1000 b2000 c1 c10 d1k d4k d16k e64 e64t2.
    peer
        Only these: brian2-standalone brian2-cython brian2-numpy numpy nest torch; also what they do slowly.
        none: no peer.
    dtype
        Only these number types of neurogate.
    backend
        Which backend of neurogate. A GPU's results go to files of their own, without a bound.
    layer
        Only these layers of gated attention; `neurogate list gates` shows all, of which some are measured.
    threads
        How many threads layers of gated attention take, in turn; one if left out.
    repeat
        Runs of each contender, after a first one that compiles and is reported apart.
    slow
        Let every peer do all that it can, however long it takes.
    json_
        Print the rows as JSON on standard output, and nothing else there.
    write
        Store machine and rows in benchmarks/results (or in --out).
    out
        Folder to store them in.
    """
    _check(what, workload, peer, layer, threads, repeat, backend)
    from neurogate.bench.bounds import ceilings

    command = command_line()
    dtypes = dtype or ["float32", "float64"]
    parts: dict[str, list[Row]] = {}
    limits = None
    if what in ("engine", "all"):
        if backend != "cuda":
            _tell("measuring what this machine can do at best")
            limits = ceilings()
        parts["engine"] = _engine(workload, peer, dtypes, backend, repeat, slow=slow, limits=limits)
    if what in ("scale", "all"):
        from neurogate.bench.scale import scale

        parts["scale"] = [row for name in dtypes for row in scale(name, backend, repeat, _tell)]
    if what in ("attention", "all"):
        from neurogate.attention.memory import keep_memory
        from neurogate.bench.attention import growth, rows

        keep_memory()  # of both sides
        kinds = [(name, several) for name in dtypes for several in threads or [1]]
        parts["attention"] = [row for each in kinds for row in rows(layer, *each, repeat, _tell, backend)]
        parts["attention"] += [row for each in kinds for row in growth(layer, *each, _tell, backend)]
    if what in ("scanpath", "all"):
        from neurogate.bench import gaze_models, scanpath

        parts["scanpath"] = [*scanpath.rows(repeat, _tell), *gaze_models.rows(repeat, _tell)]
    if write or out:
        _store(out or _FOLDER, parts, command, limits, backend)
    everything = [row for part in parts.values() for row in part]
    sys.stdout.write(json.dumps(everything, indent=1) + "\n" if json_ else _shown(parts))
    return 0


def _check(
    what: What, workloads: Sequence[str] | None, peers: Sequence[str] | None, layers: Sequence[str] | None,
    threads: Sequence[int] | None, repeat: int, backend: str,
) -> None:  # fmt: skip
    from neurogate.backends.registry import choose
    from neurogate.bench.attention import CASES
    from neurogate.bench.attention import problems as of_layers
    from neurogate.bench.peers import PEERS
    from neurogate.bench.workloads import WORKLOADS

    problems = [
        f"There is no {kind} {name!r}; choose from {', '.join(known)}."
        for kind, names, known in (
            ("workload", workloads, WORKLOADS),
            ("peer", peers, [*PEERS, "none"]),
            ("measured layer", layers, [case.layer for case in CASES]),
        )
        for name in names or ()
        if name not in known
    ]
    problems += [f"--threads is {each}; it must be at least 1." for each in threads or () if each < 1]
    if repeat < 1:
        problems.append(f"--repeat is {repeat}; it must be at least 1.")
    if what in ("attention", "all"):
        problems += of_layers(backend, threads or ())
    if problems:
        raise RequestError(problems)
    choose(backend)


def _engine(
    workloads: Sequence[str] | None, peers: Sequence[str] | None, dtypes: Sequence[str], backend: str,
    repeat: int, *, slow: bool, limits: Ceilings | None,
) -> list[Row]:  # fmt: skip
    from neurogate.bench.bounds import bound_seconds
    from neurogate.bench.measure import Contender, contenders, measure, rows
    from neurogate.bench.workloads import WORKLOADS

    def bound(who: Contender) -> float:
        return bound_seconds(who.workload, who.dtype, limits) if limits else math.nan

    found = []
    for name in workloads or WORKLOADS:
        who, missing = contenders(WORKLOADS[name], dtypes, backend, peers, slow=slow)
        measured = measure(who, repeat, _tell)
        found += rows(measured, missing, bound)
    return found


def _tell(message: str) -> None:
    sys.stderr.write(message + "\n")


def _store(
    folder: Path, parts: Mapping[str, list[Row]], command: str, limits: Ceilings | None, backend: str
) -> None:
    from neurogate.bench.machine import machine, write

    for name, rows in parts.items():
        path = folder / (f"{name}_cuda.json" if backend == "cuda" else f"{name}.json")
        try:
            write(path, machine(command, limits, gpu=backend == "cuda"), rows)
        except OSError as error:
            raise RequestError(
                f"{path} cannot be written ({error.strerror}); name a folder with --out."
            ) from error
        _tell(f"{len(rows)} rows are in {path}.")


def _shown(parts: Mapping[str, list[Row]]) -> str:
    from neurogate.cli.bench_table import (
        absent_line,
        attention_table,
        engine_table,
        missing_line,
        render,
        scale_table,
        scanpath_table,
    )

    texts = []
    if parts.get("engine"):
        texts += [render("Seconds per run", engine_table(parts["engine"])), missing_line(parts["engine"])]
    if parts.get("scale"):
        texts.append(render("How cost grows", scale_table(parts["scale"])))
    if parts.get("attention"):
        texts.append(render("Gated attention", attention_table(parts["attention"])))
    if parts.get("scanpath"):
        texts.append(render("Measures of scanpaths", scanpath_table(parts["scanpath"])))
        texts.append(absent_line(parts["scanpath"]))
    return "\n".join(text for text in texts if text)
