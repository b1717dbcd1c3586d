"""The encoder layer: its gradients, its two orders, and what a mask hides."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.blocks import encoder
from neurogate.attention.layer import part
from neurogate.attention.operators import layer_norm
from tests.attention.gradients import check


@settings(max_examples=6)
@given(
    seed=st.integers(0, 99), length=st.integers(1, 5), norm=st.sampled_from(["pre", "post"]),
    activation=st.sampled_from(["gelu", "silu"]), masked=st.booleans(),
)  # fmt: skip
def test_gradients(
    seed: int, length: int, norm: Literal["pre", "post"], activation: str, masked: bool
) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((length, length)) > 0.4 if masked else None
    p = {name: array + 0.1 * rng.standard_normal(array.shape)
         for name, array in encoder.initial(rng, 4, 6).items()}  # fmt: skip
    x, dy = rng.standard_normal((2, 2, length, 4))

    def run(x: np.ndarray, **p: np.ndarray) -> tuple[np.ndarray, encoder.Cache]:
        return encoder.forward(x, p, heads=2, norm=norm, activation=activation, mask=mask, eps=0.1)

    dx, gradients = encoder.backward(dy, run(x, **p)[1])
    check(rng, lambda **given: run(**given)[0], {"x": x, **p}, {"x": dx, **gradients}, dy)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_closed_branches_leave_the_residual(norm: Literal["pre", "post"], rng: np.random.Generator) -> None:
    p, x = encoder.initial(rng, 4, 6), rng.standard_normal((2, 3, 4))
    for name in ("attention.o.weight", "attention.o.bias", "mlp.out.weight", "mlp.out.bias"):
        p[name] = np.zeros_like(p[name])
    y, _ = encoder.forward(x, p, heads=2, norm=norm, eps=1e-12)
    np.testing.assert_allclose(y, x if norm == "pre" else layer_norm.forward(x, eps=1e-12)[0], rtol=1e-9)


def test_the_order_of_tokens_only_orders_the_output(rng: np.random.Generator) -> None:
    p, x, order = encoder.initial(rng, 4, 6), rng.standard_normal((2, 5, 4)), rng.permutation(5)
    np.testing.assert_allclose(
        encoder.forward(x[:, order], p, heads=2)[0], encoder.forward(x, p, heads=2)[0][:, order], rtol=1e-12
    )


def test_the_two_orders_share_their_parameters(rng: np.random.Generator) -> None:
    p = encoder.initial(rng, 4, 6)
    assert {name.partition(".")[0] for name in p} == {"norm1", "attention", "norm2", "mlp"}
    assert part(p, "attention").keys() == {f"{a}.{b}" for a in "qkvo" for b in ("weight", "bias")}
