"""One level of AGILE3D's decoder, all its stages, and the next level up to where clicks look at the scene."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurogate.attention.layers.click_attention import ClickAttention, Clicks
from neurogate.attention.operators import fourier_code, sinusoidal
from tests.attention.agreement import Case, Stored

HEADS = 4  # neither the shapes tell, nor who clicked what
CLICKS = Clicks(np.array([5, 6, 20, 2]), np.array([1, 1, 2, 0]), np.array([0, 2, 1, 3]))
LINEAR = {"ffn.hidden": "ffn.linear1", "ffn.out": "ffn.linear2", "norm": "ffn.norm"}
ATTENTION = {"c2s": "multihead_attn", "c2c": "self_attn", "s2c": "multihead_attn"}
WHICH = ("weight", "bias")


def cases(stored: Stored) -> Iterator[Case]:
    (learnt, d), (_, dimensions) = stored["bg_query_feat"].shape, stored["coords"].shape
    layer = ClickAttention(
        d_model=d, heads=HEADS, hidden=len(stored["ffn.linear1.bias"]), levels=2, background=learnt,
        dimensions=dimensions,
    )  # fmt: skip
    layer.parameters.update(_parameters(stored))
    coordinates, waves = stored.real("coords"), stored.real("gauss_B")
    y, cache = layer.forward(stored.real("feat")[None], coordinates, CLICKS, waves)
    first, second = cache.levels
    front = CLICKS.objects > 0
    order = np.concatenate([np.flatnonzero(front), len(front) + np.arange(learnt), np.flatnonzero(~front)])
    for name in ("after_c2s", "after_c2c", "after_ffn"):
        yield Case("agile3d", name, getattr(first, name)[0, order], stored[name])
    yield Case("agile3d", "scene", first.scene[0], stored["scene_after_s2c"])
    yield Case("agile3d", "logits", y[0, 0], stored["mask_logits"])
    forbidden = ~first.allowed[0, order]
    yield Case("agile3d", "mask", forbidden.astype(float), stored["attn_mask_next"].astype(float))
    yield Case("agile3d", "next level", second.after_c2s[0, order], stored["c2s_masked_round2"])
    code = fourier_code.code(coordinates, waves)
    yield Case("fourier_code", "places", code, stored["pos"])
    table, _ = sinusoidal.forward(np.arange(float(len(stored["time_table"]))), d)
    yield Case("sinusoidal", "times", table, stored["time_table"])
    yield from _queries(stored, code, table, order)


def _queries(stored: Stored, code: np.ndarray, table: np.ndarray, order: np.ndarray) -> Iterator[Case]:
    feature = np.concatenate([stored.real("feat")[CLICKS.points], stored.real("bg_query_feat")])
    place = np.concatenate([code[CLICKS.points] + table[CLICKS.times], stored.real("bg_query_pos")])
    yield Case("agile3d", "queries", feature[order], stored["q0"])
    yield Case("agile3d", "places of queries", place[order], stored["qpos"])


def _parameters(stored: Stored) -> dict[str, np.ndarray]:
    names = {"background.feature": "bg_query_feat", "background.place": "bg_query_pos"}
    fused = {}
    for which in WHICH:
        names |= {f"norm.{which}": f"norm.{which}", f"head.hidden.{which}": f"head.0.{which}"}
        names |= {f"head.out.{which}": f"head.2.{which}"}
        for i in range(2):
            names |= {f"level{i}.{a}.{which}": f"{b}.{which}" for a, b in LINEAR.items()}
            for name, module in ATTENTION.items():
                here, there = f"level{i}.{name}", f"{name}.{module}"
                names |= {f"{here}.attention.o.{which}": f"{there}.out_proj.{which}"}
                names |= {f"{here}.norm.{which}": f"{name}.norm.{which}"}
                rows = np.split(stored.real(f"{there}.in_proj_{which}"), 3)
                fused |= {f"{here}.attention.{a}.{which}": r for a, r in zip("qkv", rows, strict=True)}
    return stored.under("", names) | fused
