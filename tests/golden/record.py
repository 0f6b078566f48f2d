"""From a run to what is golden about it."""

from pathlib import Path

from arena.base.yamlfile import read as read_yaml
from arena.face import load
from arena.game.transcript import read
from tests.conftest import ROOT

HERE = Path(__file__).parent


def scenarios():
    return sorted(path for path in (ROOT / "scenarios").rglob("*.yaml") if path.parent.name != "tournaments")


def golden_file(scenario):
    return HERE / (str(scenario.relative_to(ROOT / "scenarios")).replace("/", "--").removesuffix(".yaml") + ".json")


def playable(scenario):
    """CI plays what needs no data that isn't embedded."""
    return read_yaml(scenario).data.get("task", {}).get("dataset", "digits") == "digits"


def of_run(run):
    result = load(run)
    verdicts = [{"claimant": v.claimant, "deployer": v.deployer, "verdict": v.text, "rarity": round(v.rarity or 0, 1),
                 "reasons": [reason.split(" ")[1] for reason in v.reasons]} for v in result.verdicts]
    stages = [{"agent": s.deployer, "stage": f"{s.number}. {s.name}".partition("; ")[0],
               "accuracy": round(s.accuracy, 3)} for s in result.stages]
    said = [f"{m.sender} -> {m.to}: {m.kind}" for m in read(run).messages()]
    return {"messages": said, "verdicts": verdicts, "stages": stages}
