"""The ratio table of `make bench`: each group's entries against its slowest, with the machine; and against a run that
was stored on a machine of the same kind.

    python -m tests.benchmarks.table build/bench.json                 # the table
    python -m tests.benchmarks.table build/bench.json --compare       # and what changed since the stored run
    python -m tests.benchmarks.table build/bench.json --store         # stores this run for its kind of machine
"""

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path

STORED = Path(__file__).parent / "stored"


def entries(data):
    """Those that came to a result."""
    return [entry for entry in data["benchmarks"] if "per_second" in entry["extra_info"]]


def table(data):
    """Lines of text from pytest-benchmark's JSON."""
    yield f"{kind(data)}, {data['machine_info']['cpu'].get('count', '?')} cores, {data['datetime'][:10]}"
    groups = defaultdict(list)
    for entry in entries(data):
        groups[entry["group"]].append(entry)
    for group, found in groups.items():
        yield f"\n{group}"
        found.sort(key=lambda e: -e["extra_info"].get("per_second", 0))
        slowest = found[-1]["extra_info"]["per_second"]
        for entry in found:
            facts = entry["extra_info"]
            extra = " ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v:,}"
                             for k, v in facts.items() if k not in ("per_second", "unit"))
            yield (f"  {entry['name']:<46}{facts['per_second']:>16,.4g} {facts['unit']}/s "
                   f"{facts['per_second'] / slowest:>10,.2f} x   n={entry['stats']['rounds']}  {extra}")


def kind(data):
    """The processor, in words."""
    return data["machine_info"]["cpu"].get("brand_raw", "unknown processor")


def label(entry):
    """What an entry is called in a stored run: two groups may have one of the same name."""
    return f"{entry['group']}: {entry['name']}"


def stored_file(data):
    """Where the run of this kind of machine is kept."""
    return STORED / (re.sub(r"\W+", "-", kind(data)).strip("-").lower() + ".json")


def compared(data):
    """Lines of text: every rate now against the stored run's."""
    file = stored_file(data)
    if not file.is_file():
        yield f"\nno run of this kind of machine is stored ({file.name})"
        return
    then = json.loads(file.read_text())
    yield f"\nagainst the run stored {then['date']}"
    for entry in entries(data):
        before = then["rates"].get(label(entry))
        yield (f"  {entry['name']:<46}{entry['extra_info']['per_second'] / before:>10,.2f} x" if before
               else f"  {entry['name']:<46}       new")


def main():
    words = argparse.ArgumentParser()
    words.add_argument("run", type=Path)
    words.add_argument("--compare", action="store_true")
    words.add_argument("--store", action="store_true")
    asked = words.parse_args()
    data = json.loads(asked.run.read_text())
    print("\n".join(table(data)))
    if asked.compare:
        print("\n".join(compared(data)))
    if asked.store:
        STORED.mkdir(exist_ok=True)
        rates = {label(entry): entry["extra_info"]["per_second"] for entry in entries(data)}
        stored_file(data).write_text(json.dumps({"date": data["datetime"][:10], "rates": rates}, indent=1) + "\n")


if __name__ == "__main__":
    main()
