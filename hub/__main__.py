"""``python -m hub``: the command line, where the command ``hub`` is not on the path."""

from __future__ import annotations

from hub.cli import main

if __name__ == "__main__":
    main()
