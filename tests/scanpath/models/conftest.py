"""A network that several tests look with, trained once."""

from __future__ import annotations

import pytest

from neurogate.scanpath.models.stripes import StripeNet, Stripes, stripes, trained


@pytest.fixture(scope="session")
def stripe_net() -> StripeNet:
    """Return a network that was trained on pictures of seed 0."""
    return trained(stripes(160, seed=0))


@pytest.fixture(scope="session")
def unseen() -> Stripes:
    """Return pictures that it was not trained on."""
    return stripes(40, seed=1)
