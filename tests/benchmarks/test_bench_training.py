"""One training epoch against the loop that papers' scripts use (a DataLoader over samples), and a whole quickstart."""

import subprocess
import sys

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from arena.base.draws import Draws
from arena.hosts import networks, training
from arena.hosts.architecture import Architecture
from arena.hosts.datasets import Samples
from tests.conftest import ROOT

COUNT, BATCH = 4096, 64
GROUP = "one epoch: rose-cnn, 4,096 images of 28x28"
TIMES = 1.4
"""How many times as fast as the DataLoader loop, on any processor, beside whatever else it does."""
DTYPES = sorted({torch.float32, training.precision(training.CPU, 29_000_000)}, key=str, reverse=True)
OURS = {}


@pytest.fixture(scope="module")
def samples():
    draw = torch.Generator().manual_seed(1)
    labels = torch.randint(10, (COUNT,), generator=draw)
    images = torch.randint(0, 128, (COUNT, 1, 28, 28), dtype=torch.uint8, generator=draw)
    images[torch.arange(COUNT), 0, labels * 2 + 2] += 120
    return Samples(images, labels)


def fresh():
    return networks.build(Architecture("rose-cnn", 10, (1, 28, 28)), Draws.of(1, "bench").torch("weights"))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.benchmark(group=GROUP)
def test_arena(benchmark, samples, dtype):
    def epoch():
        return training.fit(fresh(), samples, training.Settings(epochs=1, batch=BATCH),
                            torch.Generator().manual_seed(1), dtype=dtype)

    history = benchmark.pedantic(epoch, rounds=3, warmup_rounds=1)
    assert history.loss[0] < 2.0
    OURS.setdefault("seconds", benchmark.stats.stats.median)
    benchmark.extra_info.update(per_second=COUNT / benchmark.stats.stats.median, unit="images", gradients=COUNT)


class PerSample(Dataset):
    """What torchvision's data sets do: one PIL image a sample, through ToTensor."""

    def __init__(self, samples):
        from torchvision.transforms import ToTensor

        self.samples, self.transform = samples, ToTensor()

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        from PIL import Image

        return self.transform(Image.fromarray(self.samples.images[index, 0].numpy())), int(self.samples.labels[index])


@pytest.mark.benchmark(group=GROUP)
def test_dataloader_loop(benchmark, samples):
    def epoch():
        net, total = fresh().train(), 0.0
        optimizer = torch.optim.Adam(net.parameters())
        for images, labels in DataLoader(PerSample(samples), batch_size=BATCH, shuffle=True):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(images), labels)
            loss.backward()
            optimizer.step()
            total += float(loss) * len(labels)
        return total / COUNT

    assert benchmark.pedantic(epoch, rounds=3) < 2.0
    assert OURS["seconds"] * TIMES < benchmark.stats.stats.median
    benchmark.extra_info.update(per_second=COUNT / benchmark.stats.stats.median, unit="images", gradients=COUNT)


@pytest.mark.parametrize("store", ["cold", "warm"])
@pytest.mark.benchmark(group="quickstart")
def test_quickstart(benchmark, tmp_path, store):
    def play():
        return subprocess.run([sys.executable, "-m", "arena", "run", "scenarios/quickstart.yaml", "--out",
                               str(tmp_path / "run"), "--store",
                               str(tmp_path / "store")], cwd=ROOT, capture_output=True, text=True)

    if store == "warm":
        play()
    done = benchmark.pedantic(play, rounds=1)
    assert done.returncode == 0 and "alice claims mallory's service: granted" in done.stdout
    OURS[store] = benchmark.stats.stats.median
    assert store == "cold" or OURS["warm"] < OURS["cold"]
    benchmark.extra_info.update(per_second=1 / benchmark.stats.stats.median, unit="runs")
