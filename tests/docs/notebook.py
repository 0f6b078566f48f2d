"""Writes docs/first-steps.ipynb: `python -m tests.docs.notebook`. Its cells are here, so that it is read as code."""

from __future__ import annotations

import nbformat

from tests.docs.pages import DOCS

CELLS = (
    ("markdown", "# First steps\n\nAlice marks a reader of digits, mallory steals and prunes it, victor decides. "
                 "[Concepts](concepts.md) explains the words, [the tutorial](tutorial.md) plays the same on MNIST."),
    ("code", "import arena\n\narena.__version__"),
    ("markdown", "A scenario is the cast of a play: a path, or plain data as here. It is checked before anything is "
                 "trained."),
    ("code", 'scenario = {\n'
             '    "title": "A thief prunes a marked model. Who owns it?",\n'
             '    "seed": 7,\n'
             '    "task": {"dataset": "digits", "epochs": 16, "rate": 2e-3, "schedule": "one-cycle"},\n'
             '    "agents": {\n'
             '        "alice": {"role": "owner", "scheme": {"rose": {"triggers": 32, "oversample": 5}}},\n'
             '        "mallory": {"role": "attacker", "attacks": ["fine-tune", {"prune": {"rate": 0.2}}]},\n'
             '        "bob": {"role": "attacker", "attacks": ["independent-host"]},\n'
             '        "victor": {"role": "verifier"},\n'
             '    },\n'
             '}\n'
             'arena.check(scenario).title'),
    ("markdown", "It takes as long as training three small hosts. A result is one typed record; a notebook shows its "
                 "verdicts."),
    ("code", "result = arena.play(scenario, threads=1)\nresult"),
    ("code", 'evidence = result.evidence["alice", "mallory"]\n'
             "print(evidence.text, round(evidence.rarity) > 64)\n"
             "[(v.claimant, v.deployer, v.word) for v in result.verdicts]"),
    ("markdown", "What every attack took from the mark, as rows for pandas or whatever you like:"),
    ("code", '[(row["stage"], row["claimant"], round(row["rarity"], 1)) for row in result.rows()][:6]'),
    ("markdown", "What would another verifier say of the same cases? Nothing is played again."),
    ("code", "from agents.policies.rarity_and_work import RarityAndWork\n\n"
             "strict = result.judged(RarityAndWork(rarity=200))\n"
             "[judgement.granted for judgement in strict.values()]"),
    ("markdown", "And a harsher thief? The hosts are in the store, only he works anew. "
                 "Next: [parts of your own](extending.md), [sweeps and tournaments](python.md)."),
    ("code", 'changes = {"agents.mallory.attacks": [{"prune": {"rate": 0.8}}]}\n'
             "harsher = arena.play(scenario, threads=1, changes=changes)\n"
             'harsher.stages[1].name, [(v.deployer, v.word) for v in harsher.verdicts]'),
)


def notebook() -> nbformat.NotebookNode:
    """The notebook, without output; its cells are numbered, so that it is the same each time."""
    makers = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    book = nbformat.v4.new_notebook(cells=[makers[kind](text, id=f"cell-{number}")
                                           for number, (kind, text) in enumerate(CELLS)])
    book.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return book


if __name__ == "__main__":
    nbformat.write(notebook(), DOCS / "first-steps.ipynb")
