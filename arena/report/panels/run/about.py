"""What came of the match, in one sentence; which match it was, and how far it got."""

from __future__ import annotations

from collections.abc import Iterator

from arena.match.result import VerdictRecord
from arena.report.panels import drawn
from arena.report.panels.run import Run

ORDER = 0
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
TEMPLATE = """\
{% if headline %}<p class="headline">{{ headline }}</p>{% endif %}
<p class="sub">{% if result.seed is not none %}Seed {{ result.seed }} · {% endif %}{{ result.status }}
{%- if result.status != "finished" %} (what follows is as far as it got){% endif %} ·
transcript {{ result.transcript[:16] }}</p>
"""


def draw(run: Run) -> str:
    return drawn(TEMPLATE, result=run.result, headline=headline(run))


def headline(run: Run) -> str:
    """Who proved what, whose claims had no ground, and whether that was expected; empty where nobody was judged."""
    said = [*_claims(run), *_expected(run)] if run.result.verdicts else []
    return f"{'; '.join(said)}." if said else ""


def _claims(run: Run) -> Iterator[str]:
    judges, denied = dict[str, list[str]](), list[VerdictRecord]()
    for each in run.result.verdicts:
        founded = run.founded(each.claimant, each.deployer)
        if each.granted or founded:
            judges.setdefault(_came_of(each, founded), []).append(each.verifier)
        else:
            denied.append(each)
    several = len({each.verifier for each in run.result.verdicts}) > 1
    for said, before in judges.items():
        yield f"{said}, before {' and '.join(dict.fromkeys(before))}" if several else said
    yield from _turned_down(denied)


def _came_of(each: VerdictRecord, founded: bool) -> str:
    if not each.granted:
        return f"{each.claimant} could not prove {each.deployer}'s service ({each.text})"
    if founded:
        return f"{each.claimant} proved {each.deployer}'s service"
    return f"{each.claimant} was granted {each.deployer}'s service without any ground"


def _turned_down(unfounded: list[VerdictRecord]) -> Iterator[str]:
    if unfounded:
        count, one = len(unfounded), len(unfounded) == 1
        number = NUMBERS[count] if count < len(NUMBERS) else str(count)
        word = "denied" if all(v.word == "denied" for v in unfounded) else "turned down"
        yield f"{number} unfounded claim{'' if one else 's'} {'was' if one else 'were'} {word}"


def _expected(run: Run) -> Iterator[str]:
    if outcomes := run.result.outcomes:
        missed = sum(not outcome.met for outcome in outcomes)
        yield f"{missed} of {len(outcomes)} not as expected" if missed else "all as expected"
