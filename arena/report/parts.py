"""Pieces of HTML that the panels of every page share: boxes that scroll by themselves, words that are explained where
they first stand, powers of two."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from markupsafe import Markup

WORDS: Mapping[str, str] = MappingProxyType({
    "bits": "logarithms to base 2: ten bits more are a factor of about a thousand.",
    "rarity": "how unlikely it is that a key drawn at random scores so well: R bits stand for a chance of 2^-R.",
    "work": "elementary operations that the cheapest forger known needs for such evidence: W bits are 2^W of them.",
    "cheapest forger": "of all known ways to forge a claim of this kind the one that needs the fewest operations. A "
                       "verdict rests on his work, not on what this claimant spent.",
    "level": "what draws the labels of a key. 0: the secret alone. 1: a hash of each image by itself. 2: a hash of all "
             "images together. 3: the same, by a hash that needs memory.",
    "regret": "what a player gains at most who plays otherwise while the other side stays as it is.",
    "equilibrium": "a pair of mixtures from which neither side gains by deviating alone.",
})
"""Of the arena's own words those that a reader may not know, and what each means."""

OPENED, HEAD = re.compile(r"(<svg\b[^>]*)>"), re.compile(r"<th\b(?![^>]*\bscope=)")
POWER = re.compile(r"\b2\^(-?\w+)")


def box(label: str, caller: Callable[[], Markup]) -> Markup:
    """What may be wider than the screen: it scrolls in its place, by keyboard too. In a template
    `{% call box("what it holds") %}...{% endcall %}`."""
    from markupsafe import Markup

    made = Markup('<div class="box" tabindex="0" role="region" aria-label="{}">{}</div>')
    return made.format(label, caller())


def facts(label: str, known: Mapping[str, object]) -> Markup:
    """What is known, a line each, in a box."""
    from markupsafe import Markup

    line = Markup('<tr><th scope="row">{}</th><td>{}</td></tr>')
    lines = Markup("").join(line.format(key, value) for key, value in known.items())
    return box(label, lambda: Markup("<table>{}</table>").format(lines))


def links(files: Sequence[str]) -> Markup:
    """Files beside the page, each with a link."""
    from markupsafe import Markup

    made = Markup('<a href="{}">{}</a>')
    return Markup(" · ").join(made.format(quote(file), file) for file in files)


def picture(svg: str, says: str, label: str = "") -> Markup:
    """A plot with what it says below it; `label` (else the same words) is its title."""
    from markupsafe import Markup, escape

    titled = OPENED.sub(lambda opened: f'{opened[1]} role="img"><title>{escape(label or says)}</title>', svg, count=1)
    made = Markup('<figure>{}<figcaption class="soft">{}</figcaption></figure>')
    return made.format(box(label or says, lambda: Markup(titled)), says)


def scoped(template: str) -> str:
    """A template whose heads of columns say that they are such."""
    return HEAD.sub('<th scope="col"', template)


def term(word: str, shown: str = "") -> Markup:
    """A word with its meaning at hand: pointed at, and in the list at the page's end that it leads to."""
    from markupsafe import Markup

    made = Markup('<a class="term" href="#{}" title="{}">{}</a>')
    return made.format(_place(word), WORDS[word], shown or word)


def explained(html: str) -> dict[str, tuple[str, str]]:
    """Word -> (where its meaning stands, its meaning), of the words that a page leads to."""
    return {word: (_place(word), text) for word, text in WORDS.items() if f'href="#{_place(word)}"' in html}


def power(bits: float | None) -> Markup | str:
    """2 to the power of so many bits, typeset; `-` where it isn't known."""
    from markupsafe import Markup

    return "-" if bits is None else Markup("2<sup>{}</sup>").format(f"{bits:.1f}")


def scientific(number: float) -> Markup | str:
    """A count, typeset: 3.2 x 10 to the 9; as it is up to four digits; `-` for none."""
    from markupsafe import Markup

    if number < 10_000:
        return "-" if not number else f"{number:.3g}" if number < 100 else f"{number:,.0f}"
    digits, _, power = f"{number:.1e}".partition("e")
    return Markup("{}&thinsp;×&thinsp;10<sup>{}</sup>").format(digits, int(power))


def typeset(text: str) -> Markup:
    """A text with its powers of two, `2^-R`, typeset."""
    from markupsafe import Markup, escape

    return Markup(POWER.sub(r"2<sup>\1</sup>", str(escape(text))))


def plain(number: float, digits: int = 2) -> float:
    """Rounded, and never a zero with a sign."""
    return round(number, digits) + 0.0


def _place(word: str) -> str:
    return f"word-{word.replace(' ', '-')}"
