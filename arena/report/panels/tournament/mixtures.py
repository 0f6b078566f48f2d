"""What the players do in equilibrium, and which schemes lead the league."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arena.base.errors import ArenaError
from arena.report.panels import drawn
from arena.report.panels.tournament import Tournament

HEADING = "The game that they make"
ORDER = 20
SOLVERS = ("lemke-howson", "stackelberg", "coarse-correlated")
TEMPLATE = """\
{% for game in games %}<details {{ 'open' if loop.first }}><summary>{{ game.task }}, judged by <b>{{ game.policy }}</b>
</summary>
{% call box(game.task ~ ", " ~ game.policy ~ ": answers") %}
<table><tr><th>answer</th><th>owner</th><th>thief</th><th>owner gets</th><th>thief gets</th><th>regret</th></tr>
{% for each in game.answers %}<tr><td>{{ each.solver }}</td><td>{{ each.row }}</td><td>{{ each.column }}</td>
<td>{{ each.gets[0]|plain(3) }}</td><td>{{ each.gets[1]|plain(3) }}</td>
<td>{{ "%.1e"|format(each.regret) }}</td></tr>
{% endfor %}</table>{% endcall %}
{% call box(game.task ~ ", " ~ game.policy ~ ": league") %}
<table><tr><th>place</th><th>scheme, committed to alone</th><th>keeps</th><th>from</th><th>to</th>
<th>ties with</th></tr>
{% for place in game.places %}<tr><td>{{ place.place }}</td><td>{{ place.name }}</td>
<td>{{ place.score|plain }}</td><td>{{ place.low|plain }}</td><td>{{ place.high|plain }}</td>
<td>{{ place.ties|join(", ") }}</td></tr>{% endfor %}</table>{% endcall %}</details>
{% endfor %}
<p class="soft">Each answer's regret is computed again from the mean payoffs; how sure these are is the bound in the
headline. Places tie unless the interval of their difference, over the same seeds, leaves 0 out.</p>
"""


def draw(page: Tournament) -> str:
    return drawn(TEMPLATE, games=list(_games(page)))


def _games(page: Tournament) -> Iterator[dict[str, Any]]:
    for task in page.tasks:
        for policy in page.analysis.spec.policies:
            try:
                game = page.analysis.solvable(task, policy)
                yield {"task": task, "policy": policy, "places": page.analysis.league(game),
                       "answers": [_answer(page, name, task, policy) for name in SOLVERS]}
            except ArenaError:
                continue


def _answer(page: Tournament, name: str, task: str, policy: str) -> dict[str, Any]:
    game, found = page.analysis.solvable(task, policy), page.analysis.solve(name, task, policy)
    row, column = (", ".join(f"{names[i]} {weight:.0%}" for i, weight in enumerate(mixture) if weight > 0.005)
                   for names, mixture in zip((game.rows, game.columns), found.mixtures, strict=True))
    return {"solver": name, "row": row, "column": column, "gets": found.values, "regret": found.regret}
