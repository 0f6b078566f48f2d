"""The messages of a game as a sequence diagram: one lifeline an agent, one arrow a message (SVG, drawn by hand), and
what each of them holds (`arena.report.contents`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from markupsafe import Markup

from arena.game.messages import ALL, Message, Verdict
from arena.report.contents import content
from arena.report.panels import drawn
from arena.report.panels.run import Run

HEADING = "Messages"
ORDER = 60
STYLE = """\
.sequence { font: 11px system-ui, "DejaVu Sans", sans-serif } .sequence .name { font-weight: 600; font-size: 13px }
.sequence .role, .sequence .number { fill: #59636e }
.sequence a { cursor: pointer } .said > details { margin-left: 14px } .said pre { white-space: pre-wrap }
.sequence .label { paint-order: stroke; stroke: #fff; stroke-width: 3px }
"""
TEMPLATE = """\
<div class="scroll">{% call box("who said what to whom") %}{{ sequence }}{% endcall %}</div>
<p class="soft">A dot with a dotted line goes to everybody. What no message says, no agent knows: each plays in a
process of its own. A number leads to what the message holds.</p>
<details class="said"><summary>What they hold</summary>
{% for m, held in said %}<details><summary>{{ m.number }}. {{ m.sender }} to {{ m.to }}: {{ m.kind }}</summary>
<pre id="message-{{ m.number }}" tabindex="0">{{ held }}</pre></details>
{% endfor %}
{% if more %}<p class="soft">and {{ more }} more, in the transcript</p>{% endif %}
</details>
"""
MOST = 500
"""Messages that open, the first ones."""
COLUMN, ROW, TOP, LEFT = 118, 24, 46, 70
INK = {"Verdict": "#1a7f37", "Claim": "#c2562d", "Query": "#59636e", "Response": "#59636e"}


def draw(run: Run) -> str:
    return drawn(TEMPLATE, sequence=Markup(diagram(list(run.result.roles.items()), run.messages)),
                 said=[(message, content(message.body)) for message in run.messages[:MOST]],
                 more=max(0, len(run.messages) - MOST))


def diagram(agents: Sequence[tuple[str, str]], messages: Iterable[Message]) -> str:
    """An SVG of `messages` between `agents` (name, role), in order."""
    names = {name for name, _ in agents}
    messages = [m for m in messages if m.sender in names and (m.to == ALL or m.to in names)]
    x = {name: LEFT + COLUMN // 2 + i * COLUMN for i, (name, _) in enumerate(agents)}
    width, height = LEFT + COLUMN * len(agents) + 10, TOP + ROW * (len(messages) + 1)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
             f'height="{height}" class="sequence" role="group" '
             f'aria-label="sequence of messages"><defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" '
             f'markerWidth="7" markerHeight="7" '
             f'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="context-stroke"/></marker></defs>']
    for name, role in agents:
        parts.append(f'<line x1="{x[name]}" y1="{TOP - 4}" x2="{x[name]}" y2="{height}" stroke="#d0d7de"/>'
                     f'<text x="{x[name]}" y="16" text-anchor="middle" class="name">{escape(name)}</text>'
                     f'<text x="{x[name]}" y="31" text-anchor="middle" class="role">{escape(role)}</text>')
    parts += [_arrow(message, x, TOP + ROW * (i + 1) - 6) for i, message in enumerate(messages)]
    return "".join(parts) + "</svg>"


def _arrow(message: Message, x: dict[str, int], y: int) -> str:
    body, kind = message.body, message.kind
    denied = isinstance(body, Verdict) and not body.granted
    colour = "#cf222e" if denied else INK.get(kind, "#2f6f9f")
    start, ends = x[message.sender], [place for name, place in x.items() if name != message.sender]
    label = (f"{kind}: {'granted' if body.granted else 'denied'} {body.claimant} on {body.deployer}"
             if isinstance(body, Verdict) else kind)
    number = (f'<a href="#message-{message.number}"><text x="4" y="{y + 4}" class="number">{message.number}</text>'
              f'</a>')
    if message.to == ALL:
        low, high = min([*ends, start]), max([*ends, start])
        line = (f'<line x1="{low}" y1="{y}" x2="{high}" y2="{y}" stroke="{colour}" stroke-dasharray="2 3"/><circle '
                f'cx="{start}" cy="{y}" r="4" fill="{colour}"/>')
        middle, anchor = (start + 8, "start") if start < (low + high) / 2 else (start - 8, "end")
    else:
        end = x[message.to]
        line = f'<line x1="{start}" y1="{y}" x2="{end}" y2="{y}" stroke="{colour}" marker-end="url(#tip)"/>'
        middle, anchor = (start + end) // 2, "middle"
    return (f'{number}{line}<text x="{middle}" y="{y - 4}" text-anchor="{anchor}" fill="{colour}" '
            f'class="label">{escape(label)}</text>')
