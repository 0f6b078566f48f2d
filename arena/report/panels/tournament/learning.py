"""Who learnt: what the best of the settings tried would have gained, round by round, and who joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from arena.report.panels import drawn
from arena.report.panels.tournament import Tournament
from arena.report.plots import COLOURS, figure, legend, svg
from arena.tournament.learning.learnt import Learnt, Round, weights
from arena.tournament.learning.trials import Trial

HEADING = "Who learnt"
ORDER = 35
STYLE = ".learnt td.n { white-space: nowrap } .learnt tr.joined td { font-weight: 600 }"
TEMPLATE = """\
<p>{{ learnt.sentence }}</p>
<div class="plots">{{ picture(plot, caption) }}</div>
{% call box("rounds") %}
<table class="learnt"><tr><th class="n">round</th><th>owners play</th><th>thieves play</th><th class="n">owner gets</th>
<th class="n">thief gets</th><th class="n">best gain</th><th>by</th><th>joins</th></tr>
{% for each in rounds %}<tr><td class="n">{{ loop.index }}</td><td>{{ each.owners }}</td><td>{{ each.thieves }}</td>
<td class="n">{{ "%.3f"|format(each.paid[0]) }}</td><td class="n">{{ "%.3f"|format(each.paid[1]) }}</td>
<td class="n">{{ "%.3f"|format(each.regret) }}</td><td>{{ each.best }}</td><td>{{ each.joined }}</td></tr>
{% endfor %}</table>{% endcall %}
{% for each in rounds %}<details><summary>round {{ loop.index }}: {{ each.trials|length }} settings tried</summary>
<div class="scroll">{% call box("settings tried") %}<table class="learnt"><tr><th>setting</th><th>parameters</th>
<th class="n">gains</th>
<th class="n">from</th><th class="n">to</th><th class="n">seeds</th><th></th></tr>
{% for trial in each.trials %}<tr {{ 'class=joined' if trial.name in each.names }}><td>{{ trial.name }}</td>
<td>{{ trial.setting }}</td>
<td class="n">{{ trial.gain }}</td><td class="n">{{ trial.low }}</td><td class="n">{{ trial.high }}</td>
<td class="n">{{ trial.seeds }}</td>
<td class="soft">{{ trial.reason or ('joins' if trial.name in each.names) or '' }}</td></tr>{% endfor %}</table>
{% endcall %}</div>
</details>{% endfor %}
<p class="soft">Each round the game of what is there is solved at the first seeds ({{ seeds }}), and every learner tries
settings of his strategy against the other side's mixture, whoever has more than 1 % of it. Gains are differences at the
same seeds, with the interval of their mean over seeds ({{ confidence }}); nobody corrected them for having been the
best of several. Who joined is played with everybody else in the tables above.</p>
"""


SAYS = ("What the best setting tried gains against the other side's mixture (regret, in values of a model), by "
        "round, and the least of it so far; dotted: epsilon.")


def applies(page: Tournament) -> bool:
    return page.learnt is not None


def draw(page: Tournament) -> str:
    assert page.learnt is not None
    spec = page.analysis.spec
    return drawn(TEMPLATE, learnt=page.learnt, plot=_plot(page.learnt), caption=SAYS,
                 rounds=[_told(r) for r in page.learnt.rounds],
                 seeds=spec.seeds.least, confidence=f"{spec.sampling.confidence:.0%}")


def _plot(learnt: Learnt) -> str:
    drawing, axes = figure(5.2, 3.0)
    across = range(1, len(learnt.rounds) + 1)
    axes.plot(across, [each.regret for each in learnt.rounds], "o", color=COLOURS[1], label="of the round's best")
    axes.step(across, learnt.least, where="post", color=COLOURS[0], label="least so far")
    axes.axhline(learnt.epsilon, color=COLOURS[5], linestyle=":", linewidth=1)
    axes.set_xlabel("round")
    axes.set_ylabel("regret")
    axes.set_xticks(list(across))
    axes.set_ylim(bottom=min(0.0, *learnt.least) if learnt.rounds else 0.0)
    legend(axes, beside=False)
    return svg(drawing)


def _told(each: Round) -> dict[str, Any]:
    best = each.best
    return {"owners": _mixture(each.owners), "thieves": _mixture(each.thieves),
            "paid": [round(value, 3) + 0.0 for value in each.values],
            "regret": each.regret, "best": f"{best.name} ({_setting(best.setting)})" if best else "",
            "joined": ", ".join(each.joined) or "nobody", "names": each.joined,
            "trials": [_trial(trial) for trial in each.trials]}


def _trial(trial: Trial) -> dict[str, Any]:
    figures = {name: "-" if (value := getattr(trial, name)) is None else f"{value:+.3f}"
               for name in ("gain", "low", "high")}
    return {**vars(trial), **figures, "setting": _setting(trial.setting)}


def _mixture(mixture: Mapping[str, float]) -> str:
    return ", ".join(_parts(weights(mixture)))


def _parts(weighted: Sequence[tuple[str, float]]) -> Iterator[str]:
    return (f"{name} {weight:.0%}" for name, weight in weighted)


def _setting(setting: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in setting.items())
