"""What is claimed of the rule and the network in the main task of `yamada_chao_2025.py`, and how it fares.

A part of that script, not a script of its own. Each function takes what simulates a study, and yields rows of
the table of claims. Claims on subspaces are in `yamada_chao_2025_subspaces.py`, those on other tasks in
`yamada_chao_2025_paradigms.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from yamada_chao_2025_studies import (
    ACTS_ON,
    ADAPTING,
    ALARMED,
    BOUNDS,
    HASTY,
    LEAST_SQUARES,
    LESIONS,
    MAIN,
    MEASURES,
    NETWORK_PARTS,
    NETWORKS,
    NEVER,
    OURS,
    PARTS,
    PLAIN,
    READERS,
    RIVALS,
    SMALL_STEPS,
    SOONER,
    SPIKELESS,
    STEPS,
    SWITCHES,
    TARGETS,
    UNTOLD,
    Runner,
)

from neurogate.plotting.adaptation import trials_needed
from neurogate.runs.claims import Claim, Verdict, every, favours, within
from neurogate.runs.over_seeds import Seeds
from neurogate.tasks.scores import SETTLED_TRIALS

Values = NDArray[np.float64]
ADAPTS_BY = {  # which readout an error is of, and what its adaptation hinges on
    "timing_error_ms": ("when", "replays; what omissions teach when, against the product"),
    "probability_error": ("what", "an alarm that begins novelty anew"),
}


def each(found: Seeds, rules: Sequence[str], metric: str) -> dict[str, Values]:
    """Return a metric of several rules."""
    return {rule: found.metric(rule, metric) for rule in rules}


def trials(found: Seeds, rule: str, error: str, block: int) -> Values:
    """Return the trials that a rule needed in a block, at most the block's length."""
    length = np.diff(found.arrays["block_start"])[block]
    needed: Values = np.minimum(trials_needed(found.arrays, rule, error, block), length)
    return needed


def timing(run: Runner) -> Iterator[Claim]:
    """Judge whether the population encodes *when*."""
    main = run(MAIN)
    error = main.metric(OURS, "timing_error_ms")
    yield Claim(
        "The population tells when the outcome comes (300 to 1200 ms)", "timing error (ms)", error,
        within(error, *BOUNDS["timing_error_ms"]), "slow adaptation",
        each(main, RIVALS, "timing_error_ms") | spikeless(run, "timing_error_ms"),
        other_cues(main, timing_of_other),
    )  # fmt: skip
    for whose, hinge, of_rule in (
        ("all cues", "when runs ahead of outcomes (lead_ms)", _common_bias),
        ("each cue in each block", "all judgements are of the same eight probes", _own_bias),
    ):
        share = {rule: of_rule(main, rule) for rule in (OURS, *LEAST_SQUARES)}
        ours = share.pop(OURS)
        yield Claim(
            f"What is left of the timing error is a bias of {whose}", "|signed error| / |error|", ours,
            within(ours, 0.8, 0.5), hinge, share,
        )  # fmt: skip


def _common_bias(found: Seeds, rule: str) -> Values:
    """Return the share of the timing error that has one sign over all cues and blocks."""
    share: Values = np.abs(found.metric(rule, "timing_bias_ms")) / found.metric(rule, "timing_error_ms")
    return share


def _own_bias(found: Seeds, rule: str) -> Values:
    """Return the share of the timing error that keeps its sign over the last trials of a cue in a block."""
    trial, ends = found.arrays["probe_trial"], found.arrays["block_start"][1:]
    missed = [
        found.arrays[f"{rule}.peak_ms"][:, (trial > end - SETTLED_TRIALS) & (trial <= end)] - latency_ms
        for end, latency_ms in zip(ends, found.arrays["latency_ms"], strict=True)
    ]
    size = np.mean([np.abs(errors).mean(axis=(1, 2)) for errors in missed], axis=0)
    signed = np.mean([np.abs(errors.mean(axis=1)).mean(axis=1) for errors in missed], axis=0)
    share: Values = np.divide(signed, size, out=np.zeros_like(size), where=size > 0)
    return share


def spikeless(run: Runner, metric: str) -> dict[str, Values]:
    """Return a metric of all that read networks without spikes."""
    return {
        f"{name}{words}": run(study).metric(rule, metric)
        for name, study in SPIKELESS.items()
        for rule, words in READERS.items()
    }


def probability(run: Runner) -> Iterator[Claim]:
    """Judge whether it encodes *what*, and with what probability."""
    main = run(MAIN)
    mae, r, product = (main.metric(OURS, key) for key in ("probability_mae", "probability_r", "product_r"))
    yield Claim(
        "It tells each outcome's probability", "mean |p̂ − p|", mae, within(mae, *BOUNDS["probability_mae"]),
        "offline replay; small steps",
        each(main, RIVALS, "probability_mae") | spikeless(run, "probability_mae"),
        other_cues(main, probability_of_other),
    )  # fmt: skip
    yield Claim(
        "p̂ follows p over cues, outcomes and blocks", "Pearson r", r, within(r, *BOUNDS["probability_r"]),
        "offline replay", each(main, RIVALS, "probability_r"),
    )  # fmt: skip
    yield Claim(
        "The product of both readouts, when and what at the peak, follows p", "Pearson r", product,
        within(product, *BOUNDS["product_r"]), "omissions teach when nothing",
        each(main, RIVALS, "product_r"),
    )  # fmt: skip


def adaptation(run: Runner, switches: Sequence[str] = ("latencies", "probabilities")) -> Iterator[Claim]:
    """Judge whether the local rule adapts where FORCE does not."""
    for what, (study, block, errors) in ((name, SWITCHES[name]) for name in switches):
        found = run(study)
        for error in errors:
            part, hinge = ADAPTS_BY[error]
            after, target = f"After a switch of {what}, {part} adapts", TARGETS[error]
            needed = {rule: trials(found, rule, error, block) for rule in (OURS, *RIVALS)}
            ours = needed.pop(OURS)
            late = np.minimum(trials_needed(found.arrays, OURS, error, block), NEVER)
            yield Claim(
                f"{after} within {target:g} trials", "trials", ours, within(late, target, 2 * target),
                hinge, needed,
            )  # fmt: skip
            if study == MAIN:
                length = np.diff(found.arrays["block_start"])[block]
                yield from _beside_least_squares(after, ours, needed, length)


def _beside_least_squares(
    after: str, ours: Values, needed: Mapping[str, Values], length: int
) -> Iterator[Claim]:
    force = needed["force"]
    never = within((force < length).astype(float), 0.0, 0.1)  # the share of networks in which it did
    yield Claim(
        f"{after}, and FORCE without forgetting does not in {length}", "trials", ours,
        every([favours(ours, force)], decisive=[never]),
        "FORCE without forgetting is ridge on all past trials", {"force": force},
    )  # fmt: skip
    best = min(("force_two_memories", "force_forgetting"), key=lambda n: needed[n].mean())
    yield Claim(
        f"{after} faster than least squares that forget", "trials", ours, favours(ours, needed[best]),
        "force_reset is told of the switch", {name: needed[name] for name in (best, "force_reset")},
    )  # fmt: skip
    yield Claim(
        f"{after} faster than least squares that hear the same alarm", "trials", ours,
        favours(ours, needed[ALARMED]), "N² operations a step for N", {ALARMED: needed[ALARMED]},
    )  # fmt: skip


def tradeoff(run: Runner) -> Iterator[Claim]:
    """Judge what would re-time our rule sooner, by all that is asked of the rule."""
    hasty, shipped, timing_error, mae = run(HASTY), run(MAIN), "timing_error_ms", "probability_mae"
    for rule, changed in SOONER.items():
        rows = []
        for part, to, error, block in (
            ("when", "latencies", timing_error, 1),
            ("what", "odds", "probability_error", 2),
        ):
            late = np.minimum(trials_needed(hasty.arrays, rule, error, block), NEVER)
            needed = (trials(hasty, rule, error, block), trials(shipped, OURS, error, block))
            soon = TARGETS[error]
            words = f"{part} adapts to other {to} within {soon:g} trials"
            rows.append((words, "trials", *needed, within(late, soon, 2 * soon)))
        for claim, measure, key in (
            ("it tells when", MEASURES[timing_error], timing_error),
            ("it tells each outcome's probability", MEASURES[mae], mae),
            ("p̂ follows p", "Pearson r", "probability_r"),
            ("the product of both readouts follows p", "Pearson r", "product_r"),
        ):
            values = hasty.metric(rule, key)
            rows.append((claim, measure, values, shipped.metric(OURS, key), within(values, *BOUNDS[key])))
        for claim, measure, values, usual, judged in rows:
            words, hinge = f"With {changed}, {claim}", "setting chosen on seeds 201 to 208"
            yield Claim(words, measure, values, judged, hinge, {"as shipped": usual})


def phases(run: Runner) -> Iterator[Claim]:
    """Judge whether lesions of the gate in one phase have effects of their own."""
    main, rules = run(MAIN), (PLAIN, *LESIONS)
    harm = {words: each(main, rules, key) for key, words in MEASURES.items()}
    harm["mean |p̂ − p| when due, block 1"] = {rule: _when_due(main, rule) for rule in rules}
    harm["trials to re-time"] = {rule: trials(main, rule, "timing_error_ms", 1) for rule in rules}
    for words, hit in harm.items():
        whole = hit.pop(PLAIN)
        most = max(hit, key=lambda name: hit[name].mean())
        others = [name for name in LESIONS if name != most]
        more = [favours(hit[name], hit[most]) for name in others]
        harmed = _without_unit(words)
        yield Claim(
            f"A lesion in one phase harms {harmed} more than in others", words, whole,
            every([favours(whole, hit[most])], decisive=more),
            f"most harmful: {most.removeprefix('lesion_')}; around the outcome lies all that teaches", hit,
        )  # fmt: skip
        earlier = {name: hit[name] for name in LESIONS[:2]}
        cue, delay = earlier.values()
        yield Claim(
            f"A lesion of the delay harms {harmed} more than one of the cue", words, whole,
            every([favours(whole, delay)], decisive=[favours(cue, delay)]),
            "in both the outcome teaches as before", earlier,
        )  # fmt: skip


def _without_unit(words: str) -> str:
    return words.split("(")[0].strip()


def _when_due(found: Seeds, rule: str) -> Values:
    """Return the error of the probabilities in the first block, read when outcomes are due, not foretold."""
    told = found.arrays[f"{rule}.probability_then"][:, _ends(found.arrays)[0]]
    error: Values = np.abs(told - found.arrays["true_probability"][0]).mean(axis=(1, 2))
    return error


def ablations(run: Runner) -> Iterator[Claim]:
    """Judge what the rule and the network need."""
    main = run(MAIN)
    for key, words in MEASURES.items():
        of_rule = each(main, PARTS, key)
        of_network = {name: run(study).metric(OURS, key) for name, study in NETWORKS.items()}
        for part, whole, without, judged in (
            ("factor of the rule", main.metric(PLAIN, key), of_rule, ACTS_ON[key]),
            ("part of the network", main.metric(OURS, key), of_network, NETWORK_PARTS),
        ):
            verdicts = {name: favours(whole, without[name]) for name in judged}
            needed = [name for name, one in verdicts.items() if one.verdict is Verdict.SUPPORTED]
            yield Claim(
                f"Every {part} matters for the {_without_unit(words)}", words, whole,
                every(list(verdicts.values())), f"needed: {', '.join(needed) or 'none'}", without,
            )  # fmt: skip
    yield from _adapting(main, run(ADAPTING))
    yield from _stepwise(main, run(SMALL_STEPS))
    yield _untold(main, run(UNTOLD))


def _adapting(main: Seeds, found: Seeds) -> Iterator[Claim]:
    """Judge whether spikes do what units that adapt, and have none, do not."""
    for key, words in MEASURES.items():
        ours, without = main.metric(OURS, key), each(found, list(READERS), key)
        yield Claim(
            f"Spikes matter for the {_without_unit(words)}: linear units that adapt do not do as well",
            words, ours, every([], decisive=[favours(ours, values) for values in without.values()]),
            "the same readouts; their reservoir was searched, ours set by hand",
            {f"adapting{READERS[rule]}": values for rule, values in without.items()},
        )  # fmt: skip


def _stepwise(main: Seeds, found: Seeds) -> Iterator[Claim]:
    """Judge whether a gate that the error opens is more than a smaller step."""
    error, again = "timing_error_ms", "trials to re-time"
    rules = {**dict.fromkeys((PLAIN, "no_gate", "no_error_gate"), main), **dict.fromkeys(STEPS, found)}
    exact = {rule: where.metric(rule, error) for rule, where in rules.items()}
    soon = {rule: trials(where, rule, error, 1) for rule, where in rules.items()}
    both = {rule: np.sqrt(exact[rule] / 12.0 * soon[rule] / TARGETS[error]) for rule in rules}
    for measure, costs in ((MEASURES[error], exact), (again, soon), ("√(ms / 12 · trials / 25)", both)):
        ours = costs.pop(PLAIN)
        yield Claim(
            "A gate that the error opens is better than steps of any one size",
            measure, ours, every([], decisive=[favours(ours, rival) for rival in costs.values()]),
            "how exact, or how soon: a larger step buys one with the other", costs,
        )  # fmt: skip


def _untold(main: Seeds, found: Seeds) -> Claim:
    """Judge whether odds are told by who never hears when an outcome that was omitted had been due."""
    error = each(found, list(READERS), "probability_mae")
    ours = error.pop(OURS)
    told = {f"told, {rule}": values for rule, values in each(main, list(READERS), "probability_mae").items()}
    return Claim(
        "It tells each outcome's probability if nothing tells when an omitted one was due",
        MEASURES["probability_mae"], ours, within(ours, *BOUNDS["probability_mae"]),
        "then all of the delay is replayed", error | told,
    )  # fmt: skip


def other_cues(found: Seeds, measure: Callable[[Mapping[str, Any], int], Values]) -> Values:
    """Return what a measure would be if the predictions belonged to other cues: the mean over all shifts."""
    cues = found.arrays["latency_ms"].shape[1]
    moved: Values = np.mean([measure(found.arrays, shift) for shift in range(1, cues)], axis=0)
    return moved


def _ends(arrays: Mapping[str, Any]) -> NDArray[np.intp]:
    """Return the last judgement of each block."""
    return np.asarray(np.searchsorted(arrays["probe_trial"], arrays["block_start"][1:]))


def timing_of_other(arrays: Mapping[str, Any], shift: int) -> Values:
    """Return the timing error if each cue had the time predicted for another, so many cues away."""
    peaks = np.roll(arrays[f"{OURS}.peak_ms"][:, _ends(arrays)], shift, axis=-1)
    error: Values = np.abs(peaks - arrays["latency_ms"]).mean(axis=(1, 2))
    return error


def probability_of_other(arrays: Mapping[str, Any], shift: int) -> Values:
    """Return the error of probabilities if each cue had those learned for another, so many cues away."""
    learned = np.roll(arrays[f"{OURS}.probability"][:, _ends(arrays)], shift, axis=2)
    error: Values = np.abs(learned - arrays["true_probability"]).mean(axis=(1, 2, 3))
    return error
