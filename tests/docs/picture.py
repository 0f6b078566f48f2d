"""Takes the README's picture of a report: `python -m tests.docs.picture RUN`, with Debian's chromium."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.docs.pages import DOCS

PICTURE, SIZE, COLOURS = DOCS / "pictures" / "report.png", "1000,1240", 128


def take(report: Path, picture: Path) -> None:
    """The head of the page, down to the verdicts, in few colours."""
    browser = shutil.which("chromium") or "chromium-browser"
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                        f"--window-size={SIZE}", f"--screenshot={shot}", report.resolve().as_uri()],
                       check=True, capture_output=True)
        Image.open(shot).convert("RGB").quantize(COLOURS).save(picture, optimize=True)


if __name__ == "__main__":
    take(Path(sys.argv[1]) / "report.html", PICTURE)
