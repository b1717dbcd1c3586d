"""`python -m neurogate` does what `neurogate` does."""

from __future__ import annotations

from neurogate.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
