"""`neurogate list`: what there is to choose from."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Literal

__all__ = ["list_"]


def list_(what: Literal["sims", "rules", "gates", "neurons"] = "sims", /) -> int:
    """List the simulations, learning rules, gate signals or neuron types.

    Try:
      neurogate list
      neurogate list rules

    Parameters
    ----------
    what
        sims (run them by name), rules and gates (the `kind` of a rule or gate in a TOML file), or
        neurons (the `preset` of a population).
    """
    rows = {"sims": _sims, "rules": _rules, "gates": _gates, "neurons": _neurons}[what]()
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


def _neurons() -> dict[str, str]:
    from neurogate.neurons.presets import PRESETS

    return {name: f"{preset.summary} ({preset.model})" for name, preset in PRESETS.items()}


def _first_lines(classes: Mapping[str, type]) -> dict[str, str]:
    return {name: (cls.__doc__ or "").partition("\n")[0] for name, cls in classes.items()}
