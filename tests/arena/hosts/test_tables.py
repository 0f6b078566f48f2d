"""A table on the same floors as pictures: what plays, and what is refused before anything is trained."""

import numpy as np
import pytest
import torch

from arena.base.errors import ArenaError
from arena.hosts import datasets, networks
from arena.hosts.architecture import Architecture
from arena.scenario.scenario import load
from tests.conftest import command

TABLE = """\
task: {{dataset: breast-cancer, network: mlp, epochs: 60, batch: 32, rate: 2e-3, schedule: one-cycle{task}}}
agents:
  alice: {{role: owner, reference: false, scheme: {scheme}}}
  mallory: {{role: attacker, attacks: [{attacks}]}}
  victor: {{role: verifier}}
"""


def written(tmp_path, scheme="{uchida: {bits: 128}}", attacks="", task=""):
    path = tmp_path / "table.yaml"
    path.write_text(TABLE.format(scheme=scheme, attacks=attacks, task=task))
    return path


def test_the_table_is_scikit_learns_in_steps_of_a_column():
    from sklearn.datasets import load_breast_cancer

    theirs = load_breast_cancer()
    ours = datasets.load("breast-cancer", None, 3)
    assert ours.shape == (1, 1, 30) and ours.classes == tuple(theirs.target_names)
    low, high = theirs.data.min(0), theirs.data.max(0)
    rows = {row.tobytes(): label for row, label in
            zip(np.rint((theirs.data - low) / (high - low) * 255).astype(np.uint8), theirs.target, strict=True)}
    held = list(ours.parts.values())
    assert sum(map(len, held)) == len(theirs.target)
    near = sum(rows.get(image.numpy().tobytes()) == int(label)
               for part in held for image, label in zip(part.images, part.labels, strict=True))
    assert near > 0.98 * len(theirs.target)  # float32 may round a value to the next step


def test_the_network_takes_any_width_and_trains_to_what_a_table_gives():
    model = networks.build(Architecture("mlp", 3, (1, 1, 7)), torch.Generator().manual_seed(0))
    assert model(torch.rand(5, 1, 1, 7)).shape == (5, 3)


def test_bits_in_the_weights_of_a_table_s_host_are_granted(tmp_path, store):
    done = command("run", written(tmp_path, attacks="{fine-tune: {epochs: 5}}"), "--out", tmp_path / "run",
                   "--set", "expect.alice on mallory=granted", store=store)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("attack", ["jpeg", "mirror", "smooth", "occlude", "autoencoder"])
def test_attacks_on_pictures_are_refused(tmp_path, attack):
    with pytest.raises(ArenaError, match=rf"table.yaml:4:\d+: .*{attack} needs pictures, .*cancer is a table"):
        load(written(tmp_path, attacks=attack))


@pytest.mark.parametrize("attack", ["input-noise", "{squeeze: {bits: 4}}", "perturb", "regularize", "blur-labels"])
def test_others_are_not(tmp_path, attack):
    load(written(tmp_path, attacks=attack))


@pytest.mark.parametrize(("what", "wrong"), [
    ({"task": ", shift: 1"}, "shift is for pictures"), ({"task": ", flip: true"}, "flip is for pictures"),
    ({"task": ", pad: 8"}, "pad is for pictures"),
    ({"scheme": "{unrelated: {dataset: digits}}"}, "digits holds pictures, and the task's breast-cancer is a table"),
    ({"scheme": "content"}, "overlay 'test-grey' is"),
    ({"attacks": "{transfer: {dataset: digits}}"}, "digits holds pictures"),
    ({"attacks": "fine-prune"}, "no convolution"),
])
def test_what_a_table_has_no_sense_for_is_said(tmp_path, what, wrong):
    with pytest.raises(ArenaError, match=wrong):
        load(written(tmp_path, **what))


def test_a_table_is_no_other_data_for_pictures(tmp_path):
    path = tmp_path / "digits.yaml"
    path.write_text("task: {dataset: digits}\nagents:\n  alice: {role: owner, scheme: {unrelated: "
                    "{dataset: breast-cancer}}}\n  mallory: {role: attacker}\n  victor: {role: verifier}\n")
    with pytest.raises(ArenaError, match="breast-cancer is a table of 30 columns, and the task's digits holds"):
        load(path)
