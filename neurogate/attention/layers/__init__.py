"""The gated layers of the literature, one module each; `neurogate.attention.catalogue` lists them."""
