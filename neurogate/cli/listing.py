"""`neurogate list`: what there is to choose from."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Literal

__all__ = ["list_"]


def list_(what: Literal["sims", "rules", "gates", "online", "signals", "neurons"] = "sims", /) -> int:
    """List the simulations, learning rules, gate signals, taught signals or neuron types.

    Try:
      neurogate list
      neurogate list rules

    Parameters
    ----------
    what
        sims (run them by name), rules and gates (the `kind` of a rule or gate in a TOML file), online
        and signals (the `kind` of the rule and of the signal of a waveform), or neurons (the `preset` of
        a population).
    """
    lists = {
        "sims": _sims,
        "rules": _rules,
        "gates": _gates,
        "online": _online,
        "signals": _signals,
        "neurons": _neurons,
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


def _gates() -> dict[str, str]:
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


def _first_lines(classes: Mapping[str, type]) -> dict[str, str]:
    return {name: (cls.__doc__ or "").partition("\n")[0] for name, cls in classes.items()}
