"""What a verifier should ask for, and what it was measured on."""

from __future__ import annotations

from arena.pricing.forge import advice
from arena.report.panels import drawn
from arena.report.panels.forging import Forging

ORDER = 0
TEMPLATE = """\
<p class="headline">{{ advice }}</p>
<p class="sub">Keys of {{ setting.triggers }} images in {{ setting.classes }} classes,
{{ setting.shape|join(" x ") }}; {{ setting.threads }} thread{{ "s" if setting.threads != 1 }}, engine {{ engine }}.
R is the {{ term("rarity") }} of the forged claim in {{ term("bits") }}; a {{ term("level") }} says what draws the
labels.</p>
"""


def draw(page: Forging) -> str:
    priced = page.priced
    return drawn(TEMPLATE, advice=advice(priced.setting, priced.rates), setting=priced.setting, engine=priced.engine)
