"""Models that look at pictures, all with ``scanpaths(image, n_paths, seed)``; one module for each idea."""
