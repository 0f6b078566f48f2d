"""Panels: what a page shows, one file each, in the folder of their page (`run/`, `reproduction/`). A new one needs no
other edit.

A panel is a module. `draw(subject)` gives its HTML, made by `drawn`; a plain text is no HTML and is shown as it is
written. It may also say: `applies(subject)`, whether there is anything to draw (else always); `HEADING`, which stands
above it; `ORDER`, where on the page it stands (0 is the top; else at the end); `STYLE`, its own CSS. The subject is
what its page is about (`Run`, `Paper`). In templates stand `box`, `facts`, `links`, `picture`, `term`, `power`
and `scientific` (`arena.report.parts`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from arena.base.errors import ArenaError
from arena.base.told import in_words
from arena.base.userfiles import load_file
from arena.report.parts import box, facts, links, picture, plain, power, scientific, scoped, term, typeset

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

HOME = Path(__file__).parent
BROKEN = '<p class="no">The panel {{ name }} can\'t be drawn: {{ why }}</p>'
SAYS = {"heading": (str, "a text"), "order": (int | float, "a number"), "style": (str, "a text")}
"""What a module may say beside its functions, in capital letters, and of what type."""


def _always(subject: Any) -> bool:
    return True


@dataclass(frozen=True)
class Panel:
    """A panel by any name: what its module says."""

    name: str
    draw: Callable[[Any], str]
    applies: Callable[[Any], bool] = _always
    heading: str = ""
    order: float = float("inf")
    style: str = ""

    def shown(self, subject: Any) -> str | None:
        """Its HTML, None where it doesn't apply. What it raises is said in its place, and the rest of the page
        stands."""
        try:
            return self._checked(self.draw(subject)) if self.applies(subject) else None
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return drawn(BROKEN, name=self.name, why=_where(error, self.name) + in_words(error))

    @staticmethod
    def _checked(html: Any) -> str:
        if not isinstance(html, str):
            raise TypeError(f"draw must give text, not {type(html).__name__}")
        return html


def _where(error: BaseException, name: str) -> str:
    """`keys.py:12: `, the last line of the panel's own file that an error came through."""
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if Path(frame.filename).stem == name]
    return f"{name}.py:{lines[-1]}: " if lines else ""


@cache
def _environment() -> Environment:
    from jinja2 import Environment

    made = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.globals.update(box=box, picture=picture, term=term, facts=facts, links=links)
    made.filters.update(power=power, plain=plain, scientific=scientific,
                        typeset=typeset)
    made.filters["percent"] = lambda share: f"{100 * share:.1f} %"
    made.filters["number"] = lambda n: f"{n:,}" if n else "-"
    made.filters["bits"] = lambda n: f"{n:.1f}" if n is not None else "-"
    return made


@cache
def _template(text: str) -> Any:
    return _environment().from_string(scoped(text))


def drawn(template: str, **values: Any) -> Markup:
    """The HTML that a template (jinja2) makes of values, all of them escaped: what agents say is hostile."""
    from markupsafe import Markup

    return Markup(_template(template).render(**values))


def found(page: str) -> list[Panel]:
    """The panels of a page, by their files; one that can't be imported says so in its place."""
    files = [file for file in (HOME / page).glob("*.py") if not file.stem.startswith("_")]
    return [_built_in(page, file.stem) for file in files]


def _built_in(page: str, name: str) -> Panel:
    try:
        return _panel(name, importlib.import_module(f"{__name__}.{page}.{name}"))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return Panel(name, partial(_raise, error))


def _raise(error: BaseException, subject: Any) -> str:
    raise error


def own(file: Path) -> Panel:
    """A panel in a file of the user's own; ArenaError when it is none."""
    if not file.is_file():
        raise ArenaError(f"{file}: no such file")
    return _panel(file.stem, load_file(file.resolve()))


def _panel(name: str, module: Any) -> Panel:
    draw, applies = getattr(module, "draw", None), getattr(module, "applies", _always)
    if not callable(draw) or not callable(applies):
        raise ArenaError(f"{name}.py is no panel: functions draw and, if it doesn't always apply, applies are wanted")
    said = {word: getattr(module, word.upper()) for word in SAYS if hasattr(module, word.upper())}
    for word, value in said.items():
        kind, wanted = SAYS[word]
        if not isinstance(value, kind) or value != value:
            raise ArenaError(f"{name}.py: {word.upper()} must be {wanted}, not {value!r:.40}")
    return Panel(name, draw, applies, **said)
