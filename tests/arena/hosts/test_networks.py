"""A network is one file: found by its name, built with two parts, the same weights from the same draws."""

import subprocess
import sys

import pytest
import torch

from arena.base.errors import ArenaError
from arena.hosts import library, networks
from arena.hosts.architecture import Architecture
from tests.conftest import ROOT


def test_a_new_file_is_a_new_network(tmp_path, monkeypatch):
    (tmp_path / "my_net.py").write_text('def make(architecture):\n    """two words"""\n')
    (tmp_path / "_helper.py").write_text("")
    monkeypatch.setattr(library, "LIBRARY", tmp_path)
    monkeypatch.setattr(library, "NETWORKS", ("my-net",))
    assert library.known_networks() == {"my-net": "two words"}


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_every_network_says_what_it_is_and_is_drawn_from_its_generator(name):
    assert library.known_networks()[name]
    built = [networks.build(Architecture(name, 7, (3, 32, 32)), torch.Generator().manual_seed(s)) for s in (1, 1, 2)]
    states = [torch.cat([v.flatten().float() for v in net.state_dict().values()]) for net in built]
    assert torch.equal(states[0], states[1]) and not torch.equal(states[0], states[2])
    assert built[0].eval()(torch.zeros(2, 3, 32, 32)).shape == (2, 7)
    assert {child for child, _ in built[0].named_children()} == {"features", "decision"}


def test_an_unknown_network_is_one_line():
    with pytest.raises(ArenaError, match=r"unknown network 'resnet-9'; did you mean"):
        networks.build(Architecture("resnet-9", 7, (3, 32, 32)))


@pytest.mark.parametrize("temperature", [0.0, 2.0])
def test_building_ours_without_memory_imports_no_compiler(temperature):
    code = ("import sys; from arena.hosts.networks import NETWORKS, blank, build\n"
            "from arena.hosts.architecture import Architecture\n"
            "from arena.hosts.weights import from_bytes, to_bytes\n"
            "for name in NETWORKS:\n"
            f"    architecture = Architecture(name, 10, (3, 32, 32), temperature={temperature})\n"
            "    assert all(p.is_meta for p in blank(architecture).parameters())\n"
            "    from_bytes(to_bytes(build(architecture)))\n"
            "print('sympy' in sys.modules or 'torch._dynamo' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


def test_lists_need_no_torch():
    """`arena list` is what a newcomer types first; torch is a second away."""
    code = "import sys; from arena.cli.listing import lines; list(lines()); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
