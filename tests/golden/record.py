"""From a run to what is golden about it."""

from pathlib import Path

from arena.base.yamlfile import read as read_yaml
from arena.game.transcript import read
from arena.report.summary import Summary, word_of
from tests.conftest import ROOT

HERE = Path(__file__).parent


def scenarios():
    return sorted((ROOT / "scenarios").rglob("*.yaml"))


def golden_file(scenario):
    return HERE / (str(scenario.relative_to(ROOT / "scenarios")).replace("/", "--").removesuffix(".yaml") + ".json")


def playable(scenario):
    """CI plays what needs no data that isn't embedded."""
    return read_yaml(scenario).data.get("task", {}).get("dataset", "digits") == "digits"


def of_run(run):
    summary = Summary(read(run))
    verdicts = [{"claimant": v.claimant, "deployer": v.deployer, "verdict": word_of(v), "rarity": round(v.figures.get("rarity", 0), 1),
                 "reasons": [reason.split(" ")[1] for reason in v.reasons]} for _, v in summary.verdicts]
    stages = [{"agent": s.agent, "stage": s.name.partition("; ")[0], "accuracy": round(s.accuracy, 3)} for s in summary.stages()]
    return {"messages": [f"{m.sender} -> {m.to}: {m.kind}" for m in summary.messages.values()], "verdicts": verdicts, "stages": stages}
