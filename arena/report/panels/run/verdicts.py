"""Every claim that was judged in one table: the verdict, rarity and work against what was asked for, what was expected.
A row opens to its reasons. What was granted stands first, then what wasn't expected, then who came nearest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arena.base.told import in_words
from arena.game.evidence import Case
from arena.game.rarity import Hits
from arena.match.asked import asked, outcomes_of
from arena.match.result import OutcomeRecord, VerdictRecord
from arena.report.margins import Margin
from arena.report.panels import drawn
from arena.report.panels.run import Run

if TYPE_CHECKING:
    from markupsafe import Markup

HEADING = "Verdicts"
ORDER = 10
STYLE = """\
.claims tbody { border-top: 1px solid var(--rule); break-inside: avoid } .claims tr + tr td { border-top: 0 }
.claims tbody.granted { background: var(--fine) } .claims tbody th { border: 0 }
.claims tbody > :first-child > :first-child { border-left: 4px solid var(--line); padding-left: 8px }
.claims tbody.granted > :first-child > :first-child { border-left-color: var(--good) }
.claims .why td { padding: 0 0 6px 12px; max-width: none }
.claims summary { margin: 0; color: var(--soft) } .claims ul { margin: 3px 0; padding-left: 20px }
.claims details { position: sticky; left: 0; max-width: min(60em, 100vw - 48px) }
.margin { min-width: 10em } .margin small { color: var(--soft); white-space: nowrap }
.track { display: block; position: relative; height: 6px; margin-top: 3px; background: var(--rule); border-radius: 3px }
.track::after { content: ""; position: absolute; left: calc(50% - 1px); top: -3px; width: 2px; height: 12px;
  background: var(--ink) }
.track span { position: absolute; top: 0; height: 6px; background: var(--bad); print-color-adjust: exact;
  -webkit-print-color-adjust: exact } .track .over { background: var(--good) }
.track, .track::after { print-color-adjust: exact; -webkit-print-color-adjust: exact }
"""
TEMPLATE = """\
{% macro figure(margin) %}
{% if margin is none %}<td class="margin">-</td>{% else %}
<td class="margin">{{ margin.found|bits }}{% if margin.over is not none %} of {{ "%g"|format(margin.asked) }}
<small>{{ "%.1f"|format(margin.over|abs) }} {{ "over" if margin.over >= 0 else "short" }}</small>{% endif %}
{% if margin.bar %}<span class="track" aria-hidden="true"><span {% if margin.over >= 0 %}class="over" {% endif %}
style="left: {{ "%.2f"|format(margin.bar[0]) }}%; width: {{ "%.2f"|format(margin.bar[1]) }}%"></span></span>{% endif %}
</td>{% endif %}
{% endmacro %}
{% if rows or missing %}
{% call box("verdicts") %}<table class="claims"><thead><tr>
<th>claim</th><th>verdict</th>
<th>{{ term("rarity") }}, {{ term("bits") }}</th><th>{{ term("work") }} of the {{ term("cheapest forger") }}, bits</th>
{% if judged %}<th>as expected?</th>{% endif %}</tr></thead>
{% for row in rows %}
<tbody{% if row.verdict.granted %} class="granted"{% endif %}><tr>
<th scope="row">{{ row.verdict.claimant }} on {{ row.verdict.deployer }}</th>
<td class="{{ 'ok' if row.verdict.granted else 'no' }}">{{ row.verdict.text }}{% if several %}
 by {{ row.verdict.verifier }}{% endif %}</td>{{ figure(row.rarity) }}{{ figure(row.work) }}
{% if judged %}<td>
{%- if row.missed %}<b class="no">no</b>{% elif row.outcomes %}yes{% else %}-{% endif %}</td>{% endif %}
</tr><tr class="why"><td colspan="{{ 5 if judged else 4 }}"><details{{ " open" if loop.first }}>
<summary>{{ row.summary }}</summary>
<ul>{% for reason in row.verdict.reasons %}<li>{{ reason }}</li>{% endfor %}</ul>
<div class="soft">{% for figure in row.figures %}{{ figure }} · {% endfor %}
{% for o in row.outcomes %}expected: {{ o.expected }}{% if o.failing %} for {{ o.failing|join(", ") }}{% endif %} · \
{% endfor %}
by {{ row.verdict.verifier }}, message {{ row.verdict.number }} on claim {{ row.verdict.about }}</div>
</details></td></tr></tbody>
{% endfor %}
{% for o in missing %}
<tbody><tr><th scope="row">{{ o.pair }}</th><td>{{ o.got }}</td><td>-</td><td>-</td>
<td>{% if o.met %}yes{% else %}<b class="no">no</b>: {{ o.expected }}{% if o.failing %} for
{{ o.failing|join(", ") }}{% endif %}{% endif %}</td></tr></tbody>
{% endfor %}
</table>{% endcall %}
<p class="soft">A bar goes from the bound that was asked for, the stroke in its middle, to what was found: to the right
what is over it, to the left what it is short of. Its ends are nothing, and twice the bound or more. A row opens to its
reasons.</p>
{% else %}
<p>No verdict was given.</p>
{% endif %}
"""


@dataclass(frozen=True)
class Judged:
    """A row: a verdict, its margins (None: nothing was scored), what it rests on in few words and in figures, and what
    was expected of it."""

    verdict: VerdictRecord
    rarity: Margin | None
    work: Margin | None
    summary: str
    figures: tuple[str, ...]
    outcomes: tuple[OutcomeRecord, ...]

    @property
    def missed(self) -> bool:
        return any(not outcome.met for outcome in self.outcomes)

    @property
    def nearness(self) -> float:
        """How near it came: of all bounds the one that it reached least of."""
        return min((each.share for each in (self.rarity, self.work) if each is not None), default=-1.0)


def draw(run: Run) -> str:
    judged, verdicts = run.result.outcomes, run.result.verdicts
    found = {outcome for verdict in verdicts for outcome in outcomes_of(run.result, verdict)}
    return drawn(TEMPLATE, rows=rows(run), judged=judged, missing=[each for each in judged if each not in found],
                 several=len({verdict.verifier for verdict in verdicts}) > 1)


def rows(run: Run) -> list[Judged]:
    """The verdicts that stand, the most telling ones first."""
    found = [_judged(verdict, run) for verdict in run.result.verdicts]
    return sorted(found, key=lambda row: (not row.verdict.granted, not row.missed, -row.nearness))


def _judged(verdict: VerdictRecord, run: Run) -> Judged:
    """A verifier of the user's own writes into a case what he likes: it costs him the figures, not others theirs."""
    outcomes, case = tuple(outcomes_of(run.result, verdict)), verdict.case
    if case is None:
        return Judged(verdict, None, None, "why", (), outcomes)
    try:
        rarity, work = (Margin(float(found), asked(run.result, verdict, name))
                        for name, found in (("rarity", case.rarity), ("work", case.work.cheapest)))
        return Judged(verdict, rarity, work, case.evidence.text, (*figures(case), *_level(verdict, run)), outcomes)
    except Exception as error:
        return Judged(verdict, None, None, "why", (f"its figures can't be read: {in_words(error)}",), outcomes)


def _level(verdict: VerdictRecord, run: Run) -> Iterator[Markup]:
    claim = run.claims.get(verdict.about)
    if claim and "level" in claim.key:
        yield drawn("{{ scheme }} {{ term('level') }} {{ level }}", scheme=claim.scheme, level=claim.key["level"])


def figures(case: Case) -> Iterator[str]:
    """What a verdict rests on beside its margins, in words."""
    evidence, work = case.evidence, case.work
    if isinstance(evidence, Hits):
        yield f"chance 1/{round(1 / evidence.chance)}"
    if case.tried > 1:
        yield f"rarity {evidence.rarity:.1f} bits before {case.tried} tries count"
    if case.agreement is not None:
        yield f"disclosed weights agree on {100 * case.agreement:.1f} % of the spot checks"
    if (recall := getattr(evidence, "recall", None)) is not None:
        yield f"watermark accuracy {recall:.2f}"
    details = getattr(evidence, "details", None)
    if isinstance(details, Mapping) and details.get("payload"):
        yield f"payload {details['payload']}"
    right, asked_for = case.ordinary
    if asked_for:
        yield f"ordinary questions: {right} of {asked_for} answered right"
    yield f"the cheapest forger: {work.forger}"
    yield f"work by the paper's formula {work.paper:.1f} bits"
