"""OAT, a transformer of objects that says which is looked at next: its parts, its training, and its paths."""
