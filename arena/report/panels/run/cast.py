"""Who plays: role, what the scenario gives each to play, and what a verifier asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from arena.base.yamlfile import text_of
from arena.match.result import Result
from arena.report.panels import drawn
from arena.report.panels.run import Run

HEADING = "Cast and policy"
ORDER = 5
TEMPLATE = """\
{% call box("cast") %}<table><tr><th>agent</th><th>role</th><th>plays</th></tr>
{% for name, role, plays in cast %}<tr><th scope="row">{{ name }}</th><td>{{ role }}</td>
<td>{% for key, text in plays %}{{ "; " if not loop.first }}{{ key }}: {{ text }}{% else %}as his role does by default
{%- endfor %}</td></tr>
{% endfor %}
</table>{% endcall %}
{% for name, bound in bounds %}
<p class="soft">{{ name }} asks for a {{ term("rarity") }} of {{ "%g"|format(bound) }} {{ term("bits") }} at least: a
key drawn at random scores so well by a chance of 2<sup>-{{ "%g"|format(bound) }}</sup> at most.</p>
{% endfor %}
"""


def applies(run: Run) -> bool:
    return bool(_agents(run.result))


def draw(run: Run) -> str:
    result, agents = run.result, _agents(run.result)
    return drawn(TEMPLATE, cast=[(name, role, list(_plays(agents.get(name)))) for name, role in result.roles.items()],
                 bounds=[(name, bound) for name, bound in result.bounds.items() if bound is not None])


def _agents(result: Result) -> Mapping[str, Any]:
    found = result.scenario.get("agents")
    return found if isinstance(found, Mapping) else {}


def _plays(part: Any) -> Iterator[tuple[str, str]]:
    """(parameter, value as a scenario writes it) of what an agent was given."""
    if isinstance(part, Mapping):
        yield from ((str(key), text_of(value)) for key, value in part.items() if key != "role")
