"""Training that is small enough to read: losses, AdamW, a schedule, clipping, and the loop."""
