"""What is seen of a picture: reading it, its pyramid and channels, priors, the fovea, and the colliculus."""
