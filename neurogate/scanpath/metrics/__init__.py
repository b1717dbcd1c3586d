"""How alike scanpaths are, and how well they fit a map: one module for each family of measures."""
