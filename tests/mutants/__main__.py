"""`make mutants`: scores by module; survivors in build/mutants/MODULE.json. A run that was stopped goes on where it
was.

    python -m tests.mutants [--sample N] [--seed S] [--fresh] [WORD ...]      modules whose path has one of the words;
    all without any
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from tests.mutants.child import Outcome, run
from tests.mutants.operators import Mutant, mutants
from tests.mutants.targets import LIBRARIES, TARGETS

ACCEPTED = Path(__file__).with_name("accepted.yaml")
Record = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="modules whose path has one of these")
    parser.add_argument("--sample", type=int, help="so many changes of a module instead of all")
    parser.add_argument("--seed", type=int, default=0, help="which sample")
    parser.add_argument("--fresh", action="store_true",
                        help="forget earlier results; without it what was killed stays killed while its module is the "
                             "same")
    parser.add_argument("--out", type=Path, default=Path("build/mutants"))
    options = parser.parse_args()
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(options.out.resolve() / "pycache")
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.collect()
    gc.freeze()  # a child shares these objects and need not look at them
    chosen = [path for path in TARGETS if not options.words or any(word in path for word in options.words)]
    bad = [path for path in chosen if not _module(path, options)]
    sys.exit(1 if bad else 0)


def _module(path: str, options: argparse.Namespace) -> bool:
    """Whether nothing survived in a module that isn't accepted."""
    source, tests = Path(path).read_text(), [test for test in TARGETS[path] if Path(test).is_file()]
    kept = options.out / f"{path.removesuffix('.py').replace('/', '.')}.json"
    told = {} if options.fresh or not kept.is_file() else json.loads(kept.read_text())
    base = _unchanged(path, source, tests)
    book = _Book(kept, told, hashlib.sha256("".join(Path(t).read_text() for t in tests).encode()).hexdigest())
    found = mutants(source)
    if options.sample and options.sample < len(found):
        found = random.Random(options.seed).sample(found, options.sample)
    for number, mutant in enumerate(found):
        if sys.stderr.isatty():
            print(f"\r{path}: {number} of {len(found)} ", end="", flush=True, file=sys.stderr)
        if not book.knows(mutant):
            book.note(mutant, _try(path, mutant, tests, base))
    book.save()
    _unchanged(path, source, tests)  # a machine on which they fail by now would have killed everything
    return _report(path, [(m, book.records[_key(m)]) for m in found])


def _unchanged(path: str, source: str, tests: list[str]) -> Outcome:
    """The tests of the module as it is; they must pass."""
    outcome = run(path, source, tests, {}, 600, 1200)
    if outcome.end != "survived":
        sys.exit(f"{path}: without any change {outcome.by or 'its tests'} failed")
    return outcome


def _try(path: str, mutant: Mutant, tests: list[str], base: Outcome) -> Outcome:
    return run(path, mutant.source, tests, base.durations, 10 + 4 * base.seconds, 60 + 20 * base.seconds)


def _key(mutant: Mutant) -> str:
    return hashlib.sha256(mutant.source.encode()).hexdigest()[:16]


class _Book:
    """What is known of a module's mutants, in a file."""

    def __init__(self, path: Path, records: dict[str, Record], tests: str) -> None:
        self.path, self.records, self.tests, self.saved = path, records, tests, time.monotonic()

    def knows(self, mutant: Mutant) -> bool:
        """What was killed stays so; what survived is tried again once the tests are others."""
        record = self.records.get(_key(mutant))
        return record is not None and (record["end"] != "survived" or record["tests"] == self.tests)

    def note(self, mutant: Mutant, outcome: Outcome) -> None:
        self.records[_key(mutant)] = {"operator": mutant.operator, "line": mutant.line, "before": mutant.before,
                                      "after": mutant.after, "end": outcome.end,
                                      "by": outcome.by, "seconds": round(outcome.seconds, 2), "tests": self.tests}
        if time.monotonic() - self.saved > 10:
            self.save()

    def save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.records, indent=1) + "\n")
        self.saved = time.monotonic()


def _report(path: str, records: list[tuple[Mutant, Record]]) -> bool:
    """Prints a module's score and its survivors; whether all of them are accepted."""
    accepted = {(a["line"], to) for a in yaml.safe_load(ACCEPTED.read_text()) or [] if a["file"] == path
                for to in a["to"]}
    alive = [m for m, r in records if r["end"] == "survived"]
    unexplained = [m for m in alive if (m.before, m.after) not in accepted]
    late = sum(r["end"] == "timeout" for _, r in records)
    print(f"{path}: {len(records)} changes, {100 * (1 - len(alive) / len(records)):.1f} % killed ({late} by the time "
          f"limit), "
          f"{len(alive) - len(unexplained)} survivors accepted, {len(unexplained)} not; "
          f"{sum(r['seconds'] for _, r in records):.0f} s", flush=True)
    for m in unexplained:
        print(f"  {path}:{m.line}: {m.operator}\n    - {m.before}\n    + {m.after}")
    here = {line.strip() for line in Path(path).read_text().splitlines()}
    for line in {line for line, _ in accepted} - here:
        print(f"  accepted, but no longer there: {line}")
    return not unexplained


if __name__ == "__main__":
    main()
