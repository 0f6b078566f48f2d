"""A run's page as a whole: every panel of it, hostile words in every text, damaged runs, colours for every screen."""

import re
from dataclasses import fields, is_dataclass, replace

import numpy as np

from arena.game.evidence import Case, Work
from arena.game.ledger import Spending
from arena.game.messages import Claim, Commitment, Deployment, Query, Release, Response, Verdict
from arena.game.rarity import Hits
from arena.match.books import Clock, Fault
from arena.match.result import (
    AccuracyRecord,
    ForgeryRecord,
    MarkRecord,
    OutcomeRecord,
    StageRecord,
    TrainingRecord,
    VerdictRecord,
)
from arena.report import html
from arena.report.panels import found
from tests.arena.report.panels.shape import HOSTILE, Shape

IMAGES = np.arange(2 * 64, dtype=np.uint8).reshape(2, 1, 8, 8)
LABELS = np.array([3, 4])
ROC = ((0.0, 0.0), (0.5, 0.75), (1.0, 1.0))
HITS = Hits(31, 32, 0.1, details={"roc": ROC, "auc_20": 0.75, "payload": "payload"})
CASE = Case(
    3, "alice", "mallory", "service", "rose", HITS, Work(65.0, 70.0, "grinding"), 2, agreement=0.5, ordinary=(7, 8)
)
SAID = (
    ("alice", "all", Commitment("a" * 64)),
    ("alice", "all", Release("b" * 64)),
    ("mallory", "all", Deployment("shop")),
    ("alice", "victor", Claim("alice", "mallory", "shop", "rose", {"images": IMAGES, "labels": LABELS, "level": 2})),
    ("victor", "mallory", Query("shop", IMAGES, 3)),
    ("mallory", "victor", Response("shop", LABELS, 3)),
    ("victor", "all", Verdict(3, "alice", "mallory", True, ("granted: so rare",))),
)
STAGE = {"stage": "stolen", "model": "b" * 64, "from": "b" * 64, "by": "copying", "before": 0.9, "after": 0.9}
RECORD = {
    "bounds": {"victor": 64.0},
    "verdicts": (
        VerdictRecord(6, 3, "victor", "alice", "mallory", True, "granted", {}, ("granted: so rare",), "rose", CASE),
    ),
    "stages": (StageRecord("mallory", 0, "stolen", "copying", 0.9, 0.9, "b" * 64, {"alice": HITS}),),
    "accuracies": (AccuracyRecord("alice", 0.9, 0.91),),
    "marks": (MarkRecord("alice", 98.0, "31 of 32"),),
    "forgeries": (ForgeryRecord("mallory", "grind", 30.0, 29.0, 20.0, "grinding"),),
    "trainings": (TrainingRecord("alice", "marked host", (1.0, 0.1)),),
    "outcomes": (OutcomeRecord("alice on mallory", "denied", ("rarity",), "granted", False),),
    "spending": {"alice": Spending(1, 2, 3, 4, 5)},
    "clocks": {"alice": Clock(1.0, 2.0)},
    "faults": (Fault(3, "mallory", True, "boom"), Fault(2, "mallory", False, "no")),
}


def hostile(value):
    """The same record with a hostile text for every text of it (but what names an owner, or a pair, by whom panels
    ask)."""
    if isinstance(value, str):
        pair = value.startswith("alice on ")
        return value if value in ("alice", "b" * 64) else f"alice on {HOSTILE}" if pair else HOSTILE
    if is_dataclass(value):
        return replace(value, **{f.name: hostile(getattr(value, f.name)) for f in fields(value) if f.init})
    if isinstance(value, dict):
        return {name: hostile(inner) for name, inner in value.items()}
    return tuple(hostile(inner) for inner in value) if isinstance(value, tuple) else value


def test_a_full_page_has_every_panel_once(run_of):
    scenario = {"title": "by hand", "seed": 7, "agents": {"alice": {"role": "owner"}}}
    run = run_of(SAID, [("mallory", "stage", STAGE)], scenario=scenario, **RECORD)
    text = html.render(run.result, run.transcript)
    headings = re.findall("<h2 [^>]*>(.*?)</h2>", text)
    assert sorted(headings) == sorted(["Words", *(panel.heading for panel in found("run") if panel.heading)])
    assert set(re.findall('href="#(word-[^"]+)"', text)) == set(re.findall('<dt id="([^"]+)"', text))
    assert "can't be drawn" not in Shape(text).text and text.count("<svg") == 4
    assert text.startswith("<!doctype html>") and re.findall(
        r'(?:src|href)="((?!data:|#)[^"]+)"', text) == ["transcript.jsonl", "result.json"]


def test_hostile_words_everywhere_change_no_element(run_of):
    notes = [("mallory", "stage", STAGE)]
    plain = run_of(SAID, notes, **RECORD)
    said = tuple(
        (who, to, replace(body, **{name: HOSTILE[:190] for name in ("service", "scheme") if hasattr(body, name)}))
        for who, to, body in SAID
    )
    said = (*said[:-1], (*said[-1][:2], replace(said[-1][2], claimant=HOSTILE[:190], reasons=(HOSTILE,))))
    before = Shape(html.render(plain.result, plain.transcript))
    scenario, machine = {"title": HOSTILE, "seed": 7, HOSTILE: [HOSTILE]}, {HOSTILE: HOSTILE}
    run = run_of(said, [("mallory", "stage", {**STAGE, "stage": HOSTILE, "by": HOSTILE})], scenario=scenario,
                 machine=machine, **{name: hostile(value) for name, value in RECORD.items()})
    after = Shape(html.render(run.result, run.transcript))
    assert before.elements == after.elements and "can't be drawn" not in after.text
    assert after.text.count(HOSTILE) > 25 and str(1234 * 1001) not in after.text
    assert not [value for value in after.values if "alert" in value]


def test_a_run_of_which_nothing_is_known_has_a_page(run_of):
    run = run_of(status="running", scenario={"title": "begun"}, transcript="")
    text = html.render(run.result, run.transcript)
    headings = re.findall("<h2 [^>]*>(.*?)</h2>", text)
    assert headings == ["Verdicts", "Messages", "Who spent what", "How to get it again"]
    assert "can't be drawn" not in Shape(text).text


def test_an_array_that_is_gone_costs_what_shows_it(run_of):
    run = run_of(SAID, **RECORD)
    for path in (run.transcript.run / "arrays").iterdir():
        path.unlink()
    text = html.render(run.result, run.transcript)
    said = [Shape(line).text for line in text.splitlines() if "an array of the transcript is missing" in line]
    assert [line.split(" can't")[0] for line in said] == ["its figures", "The panel keys", "The panel messages"]
    assert "granted: so rare" in text and "31 of 32" in text and 'id="who-spent-what"' in text


def test_figures_that_a_verifier_made_up_cost_his_verdict_alone(run_of):
    """A verifier of a user's own writes into a case what he likes."""
    bad = replace(CASE, work=Work("cheap", None, HOSTILE))
    verdicts = (replace(RECORD["verdicts"][0], case=bad), RECORD["verdicts"][0])
    run = run_of(SAID, **{**RECORD, "verdicts": verdicts})
    text = Shape(html.render(run.result, run.transcript)).text
    assert text.count("its figures can't be read: ") == 1 and text.count("the cheapest forger: grinding") == 1
    assert text.count("granted: so rare") == 3  # the message says it too


def rules(text):
    """(media, selector, declarations) of the page's style."""
    style = re.search("<style>(.*?)</style>", text, re.S)[1]
    for media, inner in re.findall(r"(@media [^{]*)\{((?:[^{}]*\{[^{}]*\})*)\s*\}", style):
        yield from ((media.strip(), *rule) for rule in re.findall(r"([^{}]+)\{([^}]*)\}", inner))
    plain = re.sub(r"@media [^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", style)
    yield from (("", *rule) for rule in re.findall(r"([^{}]+)\{([^}]*)\}", plain))


def luminance(colour):
    """Relative luminance (WCAG 2.1) of `#rgb` or `#rrggbb`."""
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_can_be_read_on_light_and_dark_screens(run_of):
    """At least 4.5 to 1, what WCAG 2.1 asks of text (AA)."""
    run = run_of(SAID, **RECORD)
    found_rules = list(rules(html.render(run.result, run.transcript)))
    colours = {media: dict(re.findall(r"(--\w+): (#\w+)", body)) for media, selector, body in found_rules
               if selector.strip() == ":root"}
    light, dark = colours[""], {**colours[""], **colours["@media screen and (prefers-color-scheme: dark)"]}
    for scheme in (light, dark):
        for text in ("--ink", "--soft", "--good", "--bad"):
            for ground in ("--paper", "--wash", "--fine"):
                assert contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground, scheme)
    # colours outside of these would not follow the screen
    loose = [rule for rule in found_rules if rule[1].strip() != ":root" and re.search(r"#[0-9a-f]{3,6}\b", rule[2])]
    assert {selector.split()[0] for _, selector, _ in loose} <= {".sequence", ".trigger"}, loose
