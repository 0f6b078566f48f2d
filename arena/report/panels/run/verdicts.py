"""The verdicts that stand, why, and the figures that each rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from arena.base.told import in_words
from arena.game.evidence import Case
from arena.game.rarity import Hits
from arena.match.result import VerdictRecord
from arena.report.panels import drawn
from arena.report.panels.run import Run

HEADING = "Verdicts"
ORDER = 10
STYLE = """\
.verdict { border: 1px solid var(--line); border-left: 5px solid var(--bad); border-radius: 6px; padding: 10px 14px;
  margin: 9px 0; break-inside: avoid }
.verdict.granted { border-left-color: var(--good); background: var(--fine) }
.verdict b.word { color: var(--bad) } .verdict.granted b.word { color: var(--good) }
.verdict ul { margin: 3px 0 0; padding-left: 20px } .figures { color: var(--soft); font-size: 13px; margin-top: 3px }
"""
TEMPLATE = """\
{% for v, figures in verdicts %}
<div class="verdict{{ ' granted' if v.granted }}">
  <b>{{ v.claimant }}</b> claims <b>{{ v.deployer }}</b>'s service: <b class="word">{{ v.text }}</b>
  <span class="soft">({{ v.verifier }}, message {{ v.number }} on claim {{ v.about }})</span>
  <ul>{% for reason in v.reasons %}<li>{{ reason }}</li>{% endfor %}</ul>
  {% if figures %}<div class="figures">{{ figures }}</div>{% endif %}
</div>
{% else %}
<p>No verdict was given.</p>
{% endfor %}
"""


def draw(run: Run) -> str:
    return drawn(TEMPLATE, verdicts=[(v, _figures(v, run)) for v in run.result.verdicts])


def _figures(verdict: VerdictRecord, run: Run) -> str:
    """A verifier of the user's own writes into a case what he likes: it costs him the figures, not others theirs."""
    if verdict.case is None:
        return ""
    try:
        claim = run.claims.get(verdict.about)
        level = f"{claim.scheme} level {claim.key['level']}" if claim and "level" in claim.key else ""
        return " · ".join([*figures(verdict.case), *([level] if level else [])])
    except Exception as error:
        return f"its figures can't be read: {in_words(error)}"


def figures(case: Case) -> Iterator[str]:
    """What a verdict rests on, in words."""
    evidence, work = case.evidence, case.work
    yield f"{evidence.text} (chance 1/{round(1 / evidence.chance)})" if isinstance(evidence, Hits) else evidence.text
    if case.agreement is not None:
        yield f"disclosed weights agree on {100 * case.agreement:.1f} % of the spot checks"
    if (recall := getattr(evidence, "recall", None)) is not None:
        yield f"watermark accuracy {recall:.2f}"
    details = getattr(evidence, "details", None)
    if isinstance(details, Mapping) and details.get("payload"):
        yield f"payload {details['payload']}"
    right, asked = case.ordinary
    if asked:
        yield f"ordinary questions: {right} of {asked} answered right"
    yield f"rarity {evidence.rarity:.1f} bits"
    yield (f"work {work.cheapest:.1f} bits by the cheapest forger ({work.forger}), "
           f"{work.paper:.1f} by the paper's formula")
