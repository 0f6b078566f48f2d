"""How to get it again: the command, what was played and on what machine, and the files beside the page."""

from __future__ import annotations

import csv
import io
import shlex
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.base.shipped import shipped
from arena.base.yamlfile import read
from arena.game import transcript
from arena.match import result as results
from arena.match.result import Result
from arena.report.panels import drawn
from arena.report.panels.run import Run

HEADING = "How to get it again"
ORDER = 110
PLAYED = ("task", "agents", "rounds", "customers", "expect")
"""What of a scenario's file makes the match."""
TEMPLATE = """\
{% if commands %}<pre tabindex="0">{% for command in commands %}{{ command }}
{% endfor %}</pre>{% endif %}
{% if saved %}<p class="soft">The scenario's file isn't what was played (changes on the command line, or since): keep
what was, which stands below, as mine.yaml.</p>{% endif %}
<p>{% for name, link in links %}{{ " · " if not loop.first }}<a href="{{ link }}">{{ name }}</a>{% endfor %}
{% if csv %} · <a download="stages.csv" href="data:text/csv;base64,{{ csv }}">stages and keys as CSV</a>{% endif %}
</p>
<details><summary>The scenario as it was played</summary><pre tabindex="0">{{ yaml }}</pre></details>
{{ facts("machine", known) }}
"""


def draw(run: Run) -> str:
    import yaml

    result = run.result
    text = yaml.safe_dump(dict(result.scenario), sort_keys=False, allow_unicode=True, width=110)
    links = [(name, run.beside(file)) for name, file in (("transcript", transcript.FILE), ("record", results.FILE))]
    saved = result.seed is not None and not as_filed(result)
    return drawn(TEMPLATE, yaml=text, known=_facts(result), commands=commands(run, saved), saved=saved, links=links,
                 csv=b64encode(_csv(result).encode()).decode())


def _facts(result: Result) -> Mapping[str, Any]:
    """Seed, machine, and hashes (SHA-256)."""
    options = result.options
    return {**({} if result.seed is None else {"seed": result.seed}), **result.machine,
            "device": options.get("device", ""), "threads": options.get("threads", ""),
            "transcript": result.transcript, **result.files}


def commands(run: Run, saved: bool) -> list[str]:
    """What plays it again, and what compares that with this run line by line; nothing while it is played."""
    if run.result.seed is None:
        return []
    file = "mine.yaml" if saved else _called(Path(run.result.path))
    return [f"arena run {shlex.quote(file)} --seed {run.result.seed}",
            f"arena replay {shlex.quote(run.transcript.run.resolve().as_posix())}"]


def _called(path: Path) -> str:
    """The name of a scenario that comes with Arena, else its file."""
    with suppress(ArenaError, ValueError):
        return path.relative_to(shipped()).with_suffix("").as_posix()
    return path.as_posix()


def as_filed(result: Result) -> bool:
    """Whether the scenario's file still says what was played, the seed aside."""
    with suppress(ArenaError, OSError, ValueError):
        filed = read(Path(result.path)).data
        return isinstance(filed, Mapping) and all(filed[key] == result.scenario.get(key) for key in PLAYED
                                                  if key in filed)
    return False


def _csv(result: Result) -> str:
    """The record's table, a line a stage and key; empty where there is none."""
    rows, text = result.rows(), io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()
