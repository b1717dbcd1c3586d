"""`neurogate list`: what there is to choose from."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Literal

__all__ = ["list_"]


def list_(
    what: Literal[
        "sims",
        "rules",
        "gate-signals",
        "online",
        "signals",
        "neurons",
        "gates",
        "gaze-models",
        "gaze-metrics",
    ] = "sims",
    /,
) -> int:
    """List the simulations, learning rules, signals, neuron types, gated layers, or models of gaze.

    Try:
      neurogate list
      neurogate list rules
      neurogate list gates

    Parameters
    ----------
    what
        sims (run them by name), rules and gate-signals (the `kind` of a rule and of its gates in a TOML
        file), online and signals (the `kind` of the rule and of the signal of a waveform), neurons (the
        `preset` of a population), gates (the layers of gated attention that neurogate.attention.make
        builds, with their largest relative errors against stored arrays, forward and backward), gaze-models
        (what looks at pictures in `neurogate scanpath`), or gaze-metrics (what `neurogate scanpath compare`
        measures).
    """
    lists = {
        "sims": _sims,
        "rules": _rules,
        "gate-signals": _gate_signals,
        "online": _online,
        "signals": _signals,
        "neurons": _neurons,
        "gates": _gates,
        "gaze-models": _gaze_models,
        "gaze-metrics": _gaze_metrics,
    }
    rows = lists[what]()
    width = max(map(len, rows))
    sys.stdout.write("".join(f"{name:{width}}  {line}\n" for name, line in rows.items()))
    return 0


def _sims() -> dict[str, str]:
    from neurogate.config.shipped import descriptions

    return descriptions()


def _rules() -> dict[str, str]:
    from neurogate.plasticity.rules import RULES

    return _first_lines(RULES)


def _gate_signals() -> dict[str, str]:
    from neurogate.plasticity.gates import GATES

    return _first_lines(GATES)


def _online() -> dict[str, str]:
    from neurogate.plasticity.online import ONLINE_RULES

    return _first_lines(ONLINE_RULES)


def _signals() -> dict[str, str]:
    from neurogate.tasks.waveform_signals import SIGNALS

    return _first_lines(SIGNALS)


def _neurons() -> dict[str, str]:
    from neurogate.neurons.presets import PRESETS

    return {name: f"{preset.summary} ({preset.model})" for name, preset in PRESETS.items()}


def _gates() -> dict[str, str]:
    from neurogate.attention.catalogue import CATALOGUE, agreement

    errors = agreement()
    rows = {"gate": ("no.", "year", "gates", "cost", "forward", "backward", "paper")}
    for entry in CATALOGUE:
        near = [f"{error:.0e}".replace("nan", "-") for error in errors.get(entry.name, ())] or ["-", "-"]
        paper = entry.paper + (f" (compared: {entry.oracle} alone)" if entry.oracle else "")
        rows[entry.name] = (entry.section, str(entry.year), entry.kind, entry.cost, near[0], near[1], paper)
    widths = [max(map(len, column)) for column in zip(*rows.values(), strict=True)]
    return {
        name: "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for name, row in rows.items()
    }


def _gaze_models() -> dict[str, str]:
    from neurogate.scanpath.models.catalogue import CATALOGUE

    return {name: entry.summary for name, entry in CATALOGUE.items()}


def _gaze_metrics() -> dict[str, str]:
    from neurogate.scanpath.comparison import METRICS
    from neurogate.scanpath.on_map import MAP_METRICS

    of_two = {name: asked.summary for name, asked in METRICS.items()}
    return of_two | {name: f"with a map: {summary}" for name, (_, summary) in MAP_METRICS.items()}


def _first_lines(classes: Mapping[str, type]) -> dict[str, str]:
    return {name: (cls.__doc__ or "").partition("\n")[0] for name, cls in classes.items()}
