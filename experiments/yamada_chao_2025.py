"""Every claim of the prediction object, judged: over seeds, beside baselines, nulls and ablations.

Yamada & Chao (2025), Joint encoding of "what" and "when" predictions through error-modulated plasticity
in reservoir spiking networks, arXiv:2510.14382. The paper's text that we have is its abstract, so every
equation is our reconstruction, and a verdict is on the reconstruction.

Networks, one per seed, live through several simulations; all learners of a simulation read the same
spikes. Everything is judged in frozen omission probes. Runs are stored: what is there is not simulated
again, so an interrupted command goes on where it stopped. Run it with

    python experiments/yamada_chao_2025.py [--claim C ...] [--seeds N] [--quick] [--jobs N] [--out D] [--json]

It writes claims.json, claims.md and the figures into D/yamada_chao_2025. Here live the command and the
figures. What is simulated is said in `yamada_chao_2025_studies.py`, what is judged of it in
`yamada_chao_2025_claims.py` and, in other tasks than the main one, `yamada_chao_2025_paradigms.py`.
"""

from __future__ import annotations

import argparse
import functools
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import yamada_chao_2025_claims as claims_of
import yamada_chao_2025_paradigms as paradigms
from matplotlib.figure import Figure
from numpy.typing import NDArray
from yamada_chao_2025_studies import (
    LESIONS,
    MAIN,
    MEASURES,
    NAME,
    NETWORKS,
    ONE,
    ONE_MATRIX,
    OURS,
    PARTS,
    PLAIN,
    RIVALS,
    SAME_FILTER,
    SHARED,
    SHUFFLED,
    SWITCHES,
    WEBER,
    WORDS,
    Runner,
    Study,
)

from neurogate.bench.machine import machine, write
from neurogate.errors import Outcome
from neurogate.plotting.adaptation import adaptation_figure
from neurogate.plotting.calibration import calibration_figure
from neurogate.plotting.forest import forest_figure
from neurogate.plotting.kinds import Shown, picture
from neurogate.plotting.lesions import lesion_figure
from neurogate.plotting.nulls import null_figure
from neurogate.plotting.picture import Picture, save, settled
from neurogate.plotting.scalar_timing import scalar_timing_figure, spreads_by
from neurogate.plotting.scheme import gate_course, scheme
from neurogate.plotting.timing import timing_figure
from neurogate.plotting.turning import turning_figure
from neurogate.runs.asking import answer, reader
from neurogate.runs.claims import Claim, as_json, as_markdown
from neurogate.runs.over_seeds import Seeds, over_seeds
from neurogate.runs.pool import Workers

Values = NDArray[np.float64]

CLAIMS: Mapping[str, Callable[[Runner], Iterator[Claim]]] = {
    "timing": claims_of.timing,
    "probability": claims_of.probability,
    "adaptation": claims_of.adaptation,
    "switches": functools.partial(claims_of.adaptation, switches=("identities", "everything")),
    "subspaces": claims_of.subspaces,
    "phases": claims_of.phases,
    "ablations": claims_of.ablations,
    "attention": paradigms.attention,
    "memory": paradigms.memory,
    "scalar_timing": paradigms.scalar_timing,
}


def figures(run: Runner, claims: Sequence[str]) -> Iterator[tuple[str, Figure]]:
    """Compose the figures of the chosen claims."""
    if "scalar_timing" in claims:
        arrays = {name: run(study).arrays for name, study in WEBER.items()}
        yield "scalar_timing", scalar_timing_figure(*spreads_by(arrays, PLAIN))
    if not set(claims) - {"scalar_timing", "attention", "memory"}:
        return  # these have no other figure, and the main simulation is long
    main, few = run(MAIN), (OURS, PLAIN, "force", "force_two_memories")
    yield "scheme", scheme(attrs.evolve(MAIN, rules=(OURS,)).load())
    if "timing" in claims:
        shown = Shown({**main.arrays, "rule_names": np.array(few)}, dict(main.metrics[0]))
        yield "raster", picture("raster", shown).figure
        yield "readouts", picture("readout", shown).figure
        yield "timing", timing_figure(main.arrays, few)
    if "probability" in claims:
        yield "calibration", calibration_figure(main.arrays, few)
    for what, (study, block, _) in SWITCHES.items():
        if ("adaptation" if study == MAIN else "switches") in claims:
            yield f"adaptation_{what}", adaptation_figure(run(study).arrays, (OURS, *RIVALS), [block])
    if "subspaces" in claims:
        elsewhere = {"shuffled labels": (SHUFFLED, OURS), "same filter": (SAME_FILTER, OURS),
                     "three-factor, replays spread": (NETWORKS["whole"], PLAIN)}  # fmt: skip
        angles = {name: run(s).metric(rule, "when_what_angle_deg") for name, (s, rule) in elsewhere.items()}
        yield "subspaces", null_figure(main.arrays, few, angles)
        yield "subspaces_learning", turning_figure(main.arrays, few)
        yield "subspaces_shared", turning_figure(run(ONE_MATRIX).arrays, (PLAIN, *SHARED, ONE))
    if "phases" in claims:
        yield "phases", lesion_figure(_conditions(main.metric, [PLAIN, *LESIONS]), _gates(), due_ms=900.0)
    if "ablations" in claims:
        yield "ablations", forest_figure(_conditions(main.metric, [PLAIN, *PARTS]))
        networks = _conditions(lambda name, key: run(NETWORKS[name]).metric(PLAIN, key), [*NETWORKS])
        yield "networks", forest_figure(networks)


def _conditions(metric: Callable[[str, str], Values], names: Sequence[str]) -> dict[str, dict[str, Values]]:
    """Return both errors of what nothing was done to, and of what something was done to."""
    return {words: {WORDS.get(n, n): metric(n, key) for n in names} for key, words in MEASURES.items()}


def _gates() -> dict[str, tuple[Values, Values]]:
    """Return what the gates allow in a trial of a late cue, whole and lesioned."""
    main = MAIN.load()
    return {WORDS[name]: gate_course(main.task, 2, main.rules[name]) for name in (PLAIN, *LESIONS)}


def runner(asked: argparse.Namespace, workers: Workers) -> Runner:
    """Return what simulates a study, or finds it stored."""

    @functools.cache
    def run(study: Study) -> Seeds:
        title = " ".join([study.simulation, *study.changes])

        def tell(done: int, outcome: Outcome) -> None:
            print(f"{title}: {done} of {asked.seeds} seeds, {outcome}", file=sys.stderr, flush=True)

        simulation, command = study.load(quick=asked.quick), shlex.join(["python", *sys.argv])
        how: dict[str, Any] = {"command": command, "jobs": asked.jobs, "workers": workers, "tell": tell}
        return over_seeds(simulation, asked.seeds, asked.out, **how)

    return run


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge the claims, and write the table and the figures."""
    parser = reader(__doc__, 20, 2, stored="the claims")
    claims = [*CLAIMS, "all"]
    parser.add_argument("--claim", nargs="+", choices=claims, default=["all"], help="which (default: all)")
    answer(parser, judge, arguments)


def judge(asked: argparse.Namespace) -> None:
    """Judge the claims that are asked for, and write what was found."""
    chosen = list(CLAIMS) if "all" in asked.claim else asked.claim
    out = asked.out / NAME
    out.mkdir(parents=True, exist_ok=True)
    with Workers() as workers:
        run = runner(asked, workers)
        table = [claim for name in chosen for claim in CLAIMS[name](run)]
        write(out / "claims.json", machine(shlex.join(["python", *sys.argv])), as_json(table))
        (out / "claims.md").write_text(as_markdown(table), "utf-8")
        for name, made in figures(run, chosen):
            save(Picture(settled(made), name, ""), out / f"{name}.png")
    print((out / f"claims.{'json' if asked.json else 'md'}").read_text("utf-8"))
    print(f"The table and the figures are in {out}.", file=sys.stderr)


if __name__ == "__main__":
    main()
