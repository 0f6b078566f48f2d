"""What is accepted to survive is named as it stands in the code, with a reason; whose line has changed must be looked
at again."""

from pathlib import Path

import yaml

from tests.mutants.targets import TARGETS

ACCEPTED = yaml.safe_load(Path(__file__).with_name("accepted.yaml").read_text())


def test_every_accepted_survivor_is_of_a_line_that_is_there():
    gone = [entry for entry in ACCEPTED if entry["file"] not in TARGETS
            or entry["line"] not in {line.strip() for line in Path(entry["file"]).read_text().splitlines()}]
    assert ACCEPTED and not gone


def test_every_accepted_survivor_has_a_reason_and_changes_something():
    for entry in ACCEPTED:
        assert (
            entry.keys() == {"file", "line", "to", "why"}
            and len(entry["why"]) > 10
            and entry["to"]
            and entry["line"] not in entry["to"]
        ), entry


def test_every_test_that_speaks_for_a_module_is_there():
    assert all(Path(path).is_file() for module, tests in TARGETS.items() for path in (module, *tests))
