"""Non-linear residual gates: the upstream module with each of its functions, and without gate or prompts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.norga import NonlinearResidualGates
from tests.attention.agreement import Case, Stored, gradients

ACTIVATIONS = ("sigmoid", "tanh", "gelu", "relu", "softplus", "elu", "identity")


def cases(stored: Stored) -> Iterator[Case]:
    x, prompt, weights = stored["x"], stored["prompt"], _ours(stored, "W.", "act_scale")
    for name in ACTIVATIONS:
        layer = NonlinearResidualGates(d_model=x.shape[-1], heads=prompt.shape[3], activation=name)
        layer.parameters.update(weights)
        y, cache = layer.forward(x, prompt)
        (dx, dprompt), found = layer.backward(stored[f"{name}/R"], cache)
        yield Case("norga", f"{name} y", y, stored[f"{name}/y"])
        yield Case("norga", f"{name} dx", dx, stored[f"{name}/d_x"], backward=True)
        yield Case("norga", f"{name} dprompt", dprompt, stored[f"{name}/d_prompt"], backward=True)
        own = {part: found.pop(f"prompt.{part}") for part in ("keys", "values")}
        assert not any(array.any() for array in own.values())
        yield from gradients("norga", name, found, _ours(stored, f"{name}/dW.", f"{name}/d_act_scale"))
    layer.parameters["tau"] = np.zeros(1)
    yield Case("norga", "prefix tuning", layer.forward(x, prompt)[0], stored["prefix_tuning/y"])
    yield Case("norga", "no prompt", layer.forward(x, prompt[:, :, :0])[0], stored["no_prompt/y"])


def _ours(stored: Stored, prefix: str, scales: str) -> dict[str, np.ndarray]:
    ours = dict(zip(("alpha", "tau"), stored[scales].reshape(2, 1), strict=True))
    for which in ("weight", "bias"):
        rows = np.split(stored[f"{prefix}qkv.{which}"], 3)
        ours |= {f"{name}.{which}": array for name, array in zip("qkv", rows, strict=True)}
        ours[f"o.{which}"] = stored[f"{prefix}proj.{which}"]
    return ours
