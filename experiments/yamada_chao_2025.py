"""Every claim of the prediction object, judged: over seeds, beside baselines, nulls and ablations.

Yamada & Chao (2025), Joint encoding of "what" and "when" predictions through error-modulated plasticity
in reservoir spiking networks, arXiv:2510.14382. The paper's text that we have is its abstract, so every
equation is our reconstruction, and a verdict is on the reconstruction.

Networks, one per seed, live through several simulations; all learners of a simulation read the same
spikes. Everything is judged in frozen omission probes. Runs are stored: what is there is not simulated
again, so an interrupted command goes on where it stopped. Run it with

    python experiments/yamada_chao_2025.py
        [--claim C ...] [--seeds N] [--first-seed N] [--quick] [--jobs N] [--out DIR] [--json]

It writes claims.json, claims.md and the figures into DIR/yamada_chao_2025; rows of claims that are not asked
for stay as they are there, and each tells of which networks it is. Here lives the command. What is simulated
is said in `yamada_chao_2025_studies.py`, what is judged in `yamada_chao_2025_claims.py`, of parts of the rule
and the network in `yamada_chao_2025_ablations.py`, of subspaces in `yamada_chao_2025_subspaces.py`, of the
activity in `yamada_chao_2025_activity.py` and of tasks other than the main one in
`yamada_chao_2025_paradigms.py`; what is drawn, in `yamada_chao_2025_figures.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import yamada_chao_2025_ablations as ablations
import yamada_chao_2025_claims as claims
import yamada_chao_2025_paradigms as paradigms
from yamada_chao_2025_activity import activity
from yamada_chao_2025_figures import FIGURES
from yamada_chao_2025_studies import MAIN, NAME, Runner, Study
from yamada_chao_2025_subspaces import subspaces

from neurogate.bench.machine import machine, write
from neurogate.errors import Outcome, RequestError, RunError
from neurogate.plotting.picture import Picture, save
from neurogate.runs.asking import answer, reader
from neurogate.runs.claims import Claim, as_json, as_markdown, renewed
from neurogate.runs.over_seeds import Seeds, over_seeds
from neurogate.runs.pool import WORKER_DIED, Workers, local

CLAIMS: Mapping[str, Callable[[Runner], Iterator[Claim]]] = {
    "timing": claims.timing,
    "probability": claims.probability,
    "adaptation": claims.adaptation,
    "switches": functools.partial(claims.adaptation, switches=("identities", "everything")),
    "tradeoff": claims.tradeoff,
    "subspaces": subspaces,
    "activity": activity,
    "phases": ablations.phases,
    "ablations": ablations.ablations,
    "error_gate": ablations.error_gate,
    "attention": paradigms.attention,
    "memory": paradigms.memory,
    "scalar_timing": paradigms.scalar_timing,
    "drift": paradigms.drift,
    "hazard": paradigms.hazard,
    "three_outcomes": paradigms.three_outcomes,
    "gates": paradigms.gates,
}


def runner(asked: argparse.Namespace, workers: Workers) -> Runner:
    """Return what simulates a study, or finds it stored."""

    @functools.cache
    def run(study: Study) -> Seeds:
        title = " ".join([study.simulation, *study.changes])

        def tell(done: int, outcome: Outcome) -> None:
            print(f"{title}: {done} of {asked.seeds} seeds, {outcome}", file=sys.stderr, flush=True)

        simulation = study.load(quick=asked.quick, seed=asked.first_seed)
        command = shlex.join(["python", *sys.argv])
        how: dict[str, Any] = {"command": command, "jobs": asked.jobs, "workers": workers, "tell": tell}
        return over_seeds(simulation, asked.seeds, asked.out, **how)

    return run


@contextlib.contextmanager
def draughtsman() -> Iterator[Executor]:
    """Yield a process that draws figures while others simulate."""
    try:
        with local(1) as process:
            yield process
    except WORKER_DIED as error:
        raise RunError(
            "The process that draws figures died; there may be too little memory for it. Repeat the command: "
            "what is simulated is kept."
        ) from error


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge the claims, and write the table and the figures."""
    parser = reader(__doc__, 20, 2, stored="the claims")
    names, words = [*CLAIMS, "all"], f"which of {', '.join(CLAIMS)} (default: all)"
    first = "the first of the seeds (default: 1)"
    parser.add_argument("--first-seed", type=int, default=1, metavar="N", help=first)
    parser.add_argument("--claim", nargs="+", action="extend", choices=names, metavar="C", help=words)
    answer(parser, judge, arguments)


def judge(asked: argparse.Namespace) -> None:
    """Judge the claims that are asked for, and write what was found."""
    claimed = asked.claim or ["all"]
    chosen = list(CLAIMS) if "all" in claimed else list(dict.fromkeys(claimed))
    out = asked.out / NAME
    MAIN.load(quick=asked.quick, seed=asked.first_seed)  # what cannot be simulated leaves no folder
    out.mkdir(parents=True, exist_ok=True)
    _stored(out / "claims.json")  # what cannot be added to is said before hours of work
    found: dict[str, list[Claim]] = {}
    with Workers() as workers, draughtsman() as artist:
        run, drawn = runner(asked, workers), []
        for name in chosen:
            found[name] = list(CLAIMS[name](run))
            for title, made in FIGURES[name](run) if name in FIGURES else ():
                drawn.append(artist.submit(save, Picture(made, title, ""), out / f"{title}.png"))
        last = asked.first_seed + asked.seeds - 1
        tabulate(out, found, f"{asked.first_seed} to {last}{', quick' * asked.quick}")
        for one in drawn:
            one.result()
    print((out / f"claims.{'json' if asked.json else 'md'}").read_text("utf-8"))
    print(f"The table and the figures are in {out}.", file=sys.stderr)


def tabulate(out: Path, found: Mapping[str, Sequence[Claim]], networks: str) -> None:
    """Write the table with the rows of the claims that were judged; those of others stay."""
    here, path = machine(shlex.join(["python", *sys.argv])), out / "claims.json"
    about = {key: str(here[key]) for key in ("command", "date")} | {"networks": networks}
    rows = [row for name, group in found.items() for row in as_json(group, group=name, **about)]
    table = renewed(_stored(path), rows, list(CLAIMS))
    write(path, here, table)
    (out / "claims.md").write_text(as_markdown(table), "utf-8")


def _stored(path: Path) -> list[Mapping[str, Any]]:
    try:
        rows: list[Mapping[str, Any]] = json.loads(path.read_text("utf-8"))["rows"]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise RequestError(
            f"{path} is not the table that this experiment writes; move it away and repeat the command: what "
            "is simulated is kept."
        ) from error
    return rows


if __name__ == "__main__":
    main()
