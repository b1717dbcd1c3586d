"""What is claimed of single parts of the rule and the network in `yamada_chao_2025.py`, and how it fares.

A part of that script, not a script of its own. Each function takes what simulates a study, and yields rows of
the table of claims: what is lost without a part, with other ones, or with a gate that is closed for a while.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from yamada_chao_2025_claims import Values, both_errors, each, moved_odds, trials, trials_each
from yamada_chao_2025_studies import (
    ACTS_ON,
    ADAPTING,
    AMENDED,
    AT_RANDOM,
    BOUNDS,
    DEAF,
    LESIONS,
    MAIN,
    MEASURES,
    NETWORK_PARTS,
    NETWORKS,
    OURS,
    OURS_ACTS_ON,
    OURS_WITHOUT,
    PARTS,
    PLAIN,
    READERS,
    RIVALS,
    SHUFFLED_ERRORS,
    SMALL_STEPS,
    STEPS,
    TARGETS,
    UNTOLD,
    Runner,
)

from neurogate.runs.claims import Claim, Judgement, Verdict, every, favours, within
from neurogate.runs.over_seeds import Seeds

RETIMED = ("timing_error_ms", 1)  # the error and the block of trials until times are right again


def phases(run: Runner) -> Iterator[Claim]:
    """Judge whether lesions of the gate in one phase have effects of their own."""
    main, rules = run(MAIN), (PLAIN, *LESIONS)
    harm = both_errors(main, rules) | trials_each(main, rules, {"trials to re-time": RETIMED})
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
            yield Claim(
                f"Every {part} matters for the {_without_unit(words)}", words, whole,
                every(list(verdicts.values())), _named(verdicts), without,
            )  # fmt: skip
    yield from _our_parts(main, run(OURS_WITHOUT))
    yield from _adapting(main, run(ADAPTING))
    yield _untold(main, run(UNTOLD))
    yield _ahead(main, run(AMENDED["with no lead"]))


def error_gate(run: Runner) -> Iterator[Claim]:
    """Judge what the error opens: beside steps of any one size, and beside as much opening at other times."""
    main, small = run(MAIN), run(SMALL_STEPS)
    for claim, hinge, rivals in (
        ("A gate that the error opens is better than steps of any one size",
         "how exact, or how soon: a larger step buys one with the other",
         {**dict.fromkeys(("no_gate", "no_error_gate"), main), **dict.fromkeys(STEPS, small)}),
        ("It is better than one as open, but at random times while the cue is on, at any of three rates",
         "openings of the trial before, drawn at random; one, three and ten times the rate",
         dict.fromkeys(AT_RANDOM, run(SHUFFLED_ERRORS))),
    ):  # fmt: skip
        for measure, costs in _exact_and_soon({PLAIN: main, **rivals}).items():
            ours = costs.pop(PLAIN)
            judged = every([], decisive=[favours(ours, rival) for rival in costs.values()])
            yield Claim(claim, measure, ours, judged, hinge, costs)


def _exact_and_soon(rules: Mapping[str, Seeds]) -> dict[str, dict[str, Values]]:
    """Return timing errors, trials to re-time, and the geometric mean of both over what is asked."""
    error = "timing_error_ms"
    exact = {rule: where.metric(rule, error) for rule, where in rules.items()}
    soon = {rule: trials(where, rule, *RETIMED) for rule, where in rules.items()}
    both = {rule: np.sqrt(exact[rule] / 12.0 * soon[rule] / TARGETS[error]) for rule in rules}
    return {MEASURES[error]: exact, "trials to re-time": soon, "√(ms / 12 · trials / 25)": both}


def _our_parts(main: Seeds, found: Seeds) -> Iterator[Claim]:
    """Judge what surprise replay needs of its gates, and of what it has beside the three-factor rule."""
    switches = {"trials to re-time": RETIMED, "trials until odds are right again": ("probability_error", 2)}
    ours, without = (
        both_errors(where, rules) | trials_each(where, rules, switches)
        for where, rules in ((main, (OURS,)), (found, OURS_WITHOUT.rules))
    )
    acting = (*OURS_ACTS_ON.values(),) * 2  # on errors of when and what, and so on the trials of each
    for (words, parts), judged in zip(without.items(), acting, strict=True):
        whole = ours[words][OURS]
        verdicts = {part: favours(whole, parts[part]) for part in judged}
        yield Claim(
            f"Every part of surprise replay matters for the {_without_unit(words)}", words, whole,
            every(list(verdicts.values())), _named(verdicts), parts,
        )  # fmt: skip
    yield from _undisturbed(main, found)


def _undisturbed(main: Seeds, found: Seeds) -> Iterator[Claim]:
    """Judge whether odds stay told where times alone switch, as they do if no alarm tells of times."""
    rules, right = (OURS, *RIVALS), ("probability_error", 1)
    moved = moved_odds(main, rules) | moved_odds(found, [DEAF])
    late = {rule: trials(main, rule, *right) for rule in rules} | {DEAF: trials(found, DEAF, *right)}
    for claim, measure, of_rule, margin in (
        ("leaves what is told of odds as it was", "p̂ moves by", moved, 0.01),
        ("leaves odds right", "trials until they are", late, 5.0),
    ):
        ours = of_rule.pop(OURS)
        yield Claim(
            f"A switch of latencies alone {claim}, as without an alarm of times", measure, ours,
            favours(ours, of_rule[DEAF], margin=margin), "that alarm begins odds anew, too", of_rule,
        )  # fmt: skip


def _named(verdicts: Mapping[str, Judgement]) -> str:
    names = [name for name, one in verdicts.items() if one.verdict is Verdict.SUPPORTED]
    return f"needed: {', '.join(names) or 'none'}"


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


def _ahead(main: Seeds, found: Seeds) -> Claim:
    """Judge whether times are foretold too early where *when* is not taught to run ahead of the outcome."""
    ahead, as_taught = (np.abs(where.metric(PLAIN, "timing_bias_ms")) for where in (main, found))
    return Claim(
        "Taught the outcome's own time, when comes early; taught to run ahead of it, it is less biased",
        "|signed error| (ms)", ahead, favours(ahead, as_taught),
        "probes are omissions, and leave the outcome's response out",
        {"taught the outcome's own time": as_taught},
    )  # fmt: skip
