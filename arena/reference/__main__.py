"""`python -m arena.reference docs`: writes the pages again, and says which changed."""

from __future__ import annotations

import sys
from pathlib import Path

from arena.reference.pages import write

if __name__ == "__main__":
    for changed in write(Path(sys.argv[1])):
        print(f"written: {changed}")
