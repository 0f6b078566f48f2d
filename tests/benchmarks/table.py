"""The ratio table of `make bench`: each group's entries against its slowest."""

import json
import sys
from collections import defaultdict
from pathlib import Path


def table(data):
    """Lines of text from pytest-benchmark's JSON."""
    groups = defaultdict(list)
    for entry in data["benchmarks"]:
        if "per_second" in entry["extra_info"]:  # one that failed has none
            groups[entry["group"]].append(entry)
    for group, entries in groups.items():
        yield f"\n{group}"
        entries.sort(key=lambda e: -e["extra_info"].get("per_second", 0))
        slowest = entries[-1]["extra_info"]["per_second"]
        for entry in entries:
            facts = entry["extra_info"]
            extra = " ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v:,}"
                             for k, v in facts.items() if k not in ("per_second", "unit"))
            yield (f"  {entry['name']:<46}{facts['per_second']:>16,.4g} {facts['unit']}/s "
                   f"{facts['per_second'] / slowest:>10,.2f} x   n={entry['stats']['rounds']}  {extra}")


if __name__ == "__main__":
    print("\n".join(table(json.loads(Path(sys.argv[1]).read_text()))))
