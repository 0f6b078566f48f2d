"""A network of the user's own, as a scenario names it: what is wrong with it is a line at its place, and none of its
code runs where the seed is."""

import hashlib
import re
import sys
import time

import jsonschema
import pytest

from arena.base import errors
from arena.base.errors import ArenaError
from arena.base.yamlfile import read
from arena.scenario import alone
from arena.scenario.scenario import from_data, load
from arena.scenario.schema import schema
from tests.arena.scenario.test_casting import LANDLOCK, written
from tests.conftest import TINY, command

HEAD = "import torch\nfrom torch import nn\n\n\n"
NET = HEAD + '''class Net(nn.Module):
    """a convolution and a layer"""

    def __init__(self, classes, shape):
        super().__init__()
        self.conv = nn.Conv2d(shape[0], 4, 3, padding=1)
        self.last = nn.Linear(4 * shape[1] * shape[2], classes)

    def forward(self, images):
        return self.last(self.conv(images).relu().flatten(1))
'''
TWO_PARTS = HEAD + '''class Net(nn.Module):
    def __init__(self, classes, shape):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(shape[0], 4, 3, padding=1), nn.ReLU(), nn.Flatten())
        self.decision = nn.Linear(4 * shape[1] * shape[2], classes)

    def forward(self, images):
        return self.decision(self.features(images))
'''
SUPER = "        super().__init__()\n"
FORWARD = "    def forward(self, images):\n"


def scenario(folder, code=NET, name="mynet.py:Net", text=TINY, task="", **more):
    """A scenario on a network in mynet.py beside it."""
    (folder / "mynet.py").write_text(code)
    return written(folder, text.replace("{dataset: digits,", f"{{dataset: digits, network: {name!r}, {task}"), more)


def refused(path, line, place=r"task\.network"):
    """Loading it says this, in one line, at a place of the task's."""
    with pytest.raises(ArenaError, match=line) as caught:
        load(path)
    assert re.match(rf".*s\.yaml:3:\d+: {place}: ", str(caught.value)) and "\n" not in str(caught.value)


def made(code):
    """The network with `code` before anything else in its constructor."""
    return NET.replace(SUPER, f"{SUPER}        {code}\n")


def called(code):
    """The network with `code` before anything else in its forward."""
    return NET.replace(FORWARD, f"{FORWARD}        {code}\n")


def test_it_is_admitted_by_its_one_name_and_its_file_is_in_the_record(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("mynet.py:Net", "./mynet.py:Net", "sub/../mynet.py:Net"):
        loaded = load(scenario(tmp_path, name=name))
        assert loaded.network == "mynet.py:Net" and loaded.task["network"] == name
        assert loaded.files == {"mynet.py": hashlib.sha256(NET.encode()).hexdigest()}
        assert from_data(loaded.as_dict(), loaded.path) == loaded


def test_what_it_imports_from_beside_is_in_the_record_too(tmp_path):
    (tmp_path / "parts.py").write_text("def nothing(x):\n    return x\n")
    loaded = load(scenario(tmp_path, f"from parts import nothing\n{NET}"))
    assert set(loaded.files) == {"mynet.py", "parts.py"}


FORMS = {
    "a function": HEAD + "def Net(classes, shape):\n    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))\n",
    "classes alone": HEAD + "def Net(classes):\n    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))\n",
    "keywords": HEAD + "def Net(*, shape, classes):\n    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))\n",
    "anything": HEAD + "def Net(**given):\n    return nn.Sequential(nn.Flatten(), nn.Linear(64, given['classes']))\n",
    "another default": HEAD
    + "def Net(classes, shape, width=64):\n    return nn.Sequential(nn.Flatten(), nn.Linear(width, classes))\n",
    "a partial function": HEAD
    + "import functools\ndef net(classes, width, shape=None):\n"
    + "    return nn.Sequential(nn.Flatten(), nn.Linear(width, classes))\n"
    "Net = functools.partial(net, width=64)\n",
    "dropout and batch norm": NET.replace(
        "self.last =", "self.norm, self.drop = nn.BatchNorm2d(4), nn.Dropout(0.5)\n        self.last ="
    ).replace("self.conv(images)", "self.drop(self.norm(self.conv(images)))"),
    "attention": HEAD + "class Net(nn.Module):\n    def __init__(self, classes, shape):\n        super().__init__()\n"
    "        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)\n"
    "        self.last = nn.Linear(8, classes)\n"
    "    def forward(self, images):\n        return self.last(self.layer(images.squeeze(1)).mean(1))\n",
    "numbers while it is made": made(
        "self.rates = [float(x) for x in torch.linspace(0, 1, 3)]; assert float(torch.rand(1)) < 1"
    ),
    "a library network within": "from torchvision import models\ndef Net(classes, shape):\n"
    "    net = models.resnet18(num_classes=classes)\n"
    "    net.conv1 = __import__('torch').nn.Conv2d(shape[0], 64, 7, 2, 3, bias=False)\n    return net\n",
}


@pytest.mark.parametrize("code", FORMS.values(), ids=FORMS)
def test_what_a_user_may_write(tmp_path, code):
    assert load(scenario(tmp_path, code)).network == "mynet.py:Net"


WRONG = {
    # the file
    "no such name": (
        NET.replace("class Net", "class Nett"),
        r"mynet\.py: nothing in it is called 'Net'; did you mean 'Nett'\?",
    ),
    "syntax": ("def f(:", r"mynet\.py: can't be imported: SyntaxError"),
    "raises": ("raise ValueError('\\x1b[31mred\\nblue')", r"can't be imported: ValueError: \\u001b\[31mred\\u000ablue"),
    "exits": ("import sys; sys.exit(0)", r"can't be imported: SystemExit: 0"),
    "ends its process": ("import os; os._exit(0)", r"mynet\.py:Net: ended the process in which it was imported"),
    "shouts through every door": (
        "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'rubbish' * 99)\n    except OSError: pass\n",
        r"ended the process",
    ),
    "allocates": ("x = bytearray(1 << 40)", r"can't be imported: MemoryError"),
    # what the name means
    "a number": ("Net = 3", r"mynet\.py:Net: a class or function that makes a network is wanted, not a int"),
    "made already": (
        NET + "\n\nNet = Net(10, (1, 8, 8))\n",
        r"a class or function that makes a network is wanted, not a Net",
    ),
    "wants more": (
        NET.replace("classes, shape", "classes, shape, width"),
        r"nobody gives it 'width': a network is made of classes and shape",
    ),
    "other names": (
        NET.replace("classes, shape", "num_classes, input_shape").replace("classes)", "num_classes)"),
        r"nobody gives it 'num_classes'",
    ),
    "by place": (NET.replace("classes, shape", "classes, shape, /"), r"nobody gives it 'classes'"),
    # making it
    "raises when made": (
        made("raise KeyError('q')"),
        r"mynet\.py:Net can't be made for 10 classes and images of shape \(1, 8, 8\): KeyError: 'q' \(mynet\.py:10\)",
    ),
    "exits when made": (made("import sys; sys.exit(3)"), r"can't be made .*: SystemExit: 3 \(mynet\.py:10\)"),
    "ends its process when made": (
        made("import os; os._exit(0)"),
        r"mynet\.py:Net: ended the process in which it was made",
    ),
    "kills itself": (
        made("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
        r"ended the process in which it was made",
    ),
    "allocates when made": (made("self.huge = torch.zeros(1 << 40)"), r"can't be made .*allocate"),
    "allocates slowly": (
        made("self.huge = [bytearray(1 << 26) for _ in range(10**6)]"),
        r"can't be made .*MemoryError",
    ),
    "recurses": (made("self.__init__(classes, shape)"), r"can't be made .*RecursionError"),
    "forgets super": (NET.replace(SUPER, ""), r"can't be made .*AttributeError.* \(mynet\.py:9\)"),
    "no module": (
        HEAD + "def Net(classes, shape):\n    return [1]\n",
        r"mynet\.py:Net gives a list, where a torch\.nn\.Module is wanted",
    ),
    "nothing": (HEAD + "def Net(classes, shape):\n    nn.Linear(1, 1)\n", r"gives a NoneType"),
    "one for all": (
        NET + "\n\none = Net(10, (1, 8, 8))\n\n\ndef Net(classes, shape):\n    return one\n",
        r"gives the same module twice",
    ),
    "shared layers": (
        NET.replace("class Net", "shared = nn.Conv2d(1, 4, 3, padding=1)\n\n\nclass Net").replace(
            "self.conv = nn.Conv2d(shape[0], 4, 3, padding=1)", "self.conv = shared"
        ),
        r"gives the same module twice",
    ),
    "no parameters": (
        HEAD + "def Net(classes, shape):\n    return nn.Sequential(nn.Flatten(), nn.AdaptiveAvgPool1d(classes))\n",
        r"has no parameters to train",
    ),
    "frozen": (
        NET.replace("self.last =", "self.requires_grad_(False)\n        self.last =").replace(
            "classes)\n", "classes).requires_grad_(False)\n"
        ),
        r"has no parameters to train",
    ),
    # calling it
    "another shape": (
        NET.replace("shape[2], classes)", "shape[2], 7)"),
        r"answers images of shape \(3, 1, 8, 8\) with float32 of shape \(3, 7\), "
        r"where float logits of shape \(3, 10\) are wanted",
    ),
    "labels": (
        called("return torch.zeros(len(images), 10, dtype=torch.int64)"),
        r"with int64 of shape \(3, 10\), where float logits",
    ),
    "a pair": (called("return images, images"), r"answers with a tuple, where a tensor of logits"),
    "no numbers": (called("return self.last(self.conv(images).flatten(1)) / 0"), r"numbers that are not finite"),
    "other images": (
        NET.replace("nn.Conv2d(shape[0]", "nn.Conv2d(3"),
        r"can't answer images of shape \(3, 1, 8, 8\): RuntimeError: .*expected input.* \(mynet\.py:\d+\)",
    ),
    "a side too many": (
        NET.replace("shape[1] * shape[2]", "32 * 32"),
        r"can't answer images .*RuntimeError: mat1 and mat2 shapes cannot be multiplied",
    ),
    "exits when called": (called("raise SystemExit(0)"), r"can't answer images .*SystemExit: 0"),
    "ends its process when called": (called("import os; os._exit(0)"), r"ended the process in which it was called"),
    "no forward": (NET.replace("forward", "forwards"), r"can't answer images .*NotImplementedError"),
    "counts its calls": (
        made("self.calls = 0")
        .replace(FORWARD, f"{FORWARD}        self.calls += 1\n")
        .replace("return self.last", "return self.calls * self.last"),
        r"answers the same images differently the second time",
    ),
    "remembers the last": (
        made("self.before = 0").replace(
            FORWARD,
            f"{FORWARD}        images, self.before = images + 0 * images.mean() + self.before, float(images.mean())\n",
        ),
        r"answers the same images differently",
    ),
    "drops out for ever": (
        called("images = nn.functional.dropout(images)"),
        r"answers the same images differently the second time: in eval\(\) nothing may be drawn",
    ),
    "goes by the clock": (
        called("import time; images = images * (time.monotonic_ns() % 997)"),
        r"answers the same images differently",
    ),
    "looks at its neighbours": (
        called("images = images - images.mean(0, keepdim=True)"),
        r"its answer to an image depends on the others",
    ),
    "batch norm without memory": (
        made("self.norm = nn.BatchNorm2d(1, track_running_stats=False)").replace(
            "self.conv(images)", "self.conv(self.norm(images))"
        ),
        r"its answer to an image depends on the others",
    ),
    # drawing its weights
    "numpy's numbers": (
        NET.replace(
            "self.last =",
            "import numpy; nn.init.constant_(self.conv.weight, float(numpy.random.rand()))\n        self.last =",
        ),
        r"weights differ though they are drawn from the same numbers",
    ),
    "the clock's numbers": (
        NET.replace(
            "self.last =",
            "import time; nn.init.constant_(self.conv.weight, time.perf_counter_ns() % 997)\n        self.last =",
        ),
        r"weights differ though they are drawn from the same numbers",
    ),
    "its own seed": (made("torch.manual_seed(0)"), r"weights are the same whatever numbers they are drawn from"),
    "a generator of its own": (
        NET.replace("self.last =", "self.g = torch.Generator()\n        self.last =").replace(
            FORWARD,
            "        for p in self.parameters():\n            nn.init.uniform_(p, generator=self.g)\n"
            "        del self.g\n\n"
            + FORWARD,
        ),
        r"the same whatever numbers",
    ),
    # keeping it
    "numbers beside its weights": (
        made("self.scale = torch.rand(())").replace("self.conv(images)", "(self.scale * self.conv(images))"),
        r"answers otherwise once it was saved and loaded: parameters and buffers",
    ),
    "remembers its steps": (
        made("self.steps = 0").replace(
            FORWARD, f"{FORWARD}        self.steps += self.training\n        images = images + 0.1 * self.steps\n"
        ),
        r"answers otherwise once it was saved and loaded",
    ),
    "views": (
        called("images.to(memory_format=torch.channels_last); self.conv.weight.view(-1)")
        .replace("nn.Conv2d(shape[0], 4", "nn.Conv2d(shape[0], 4")
        .replace("self.last =", "self.more = nn.Conv2d(4, 4, 3, padding=1)\n        self.last =")
        .replace("images))", "images)).reshape(-1, 4, 8, 8)")
        .replace("self.conv.weight.view(-1)", "self.more.weight.view(-1)"),
        r"can't answer images .*view size is not compatible",
    ),
    "tied weights": (
        NET.replace("self.last =", "self.twin = self.conv.weight\n        self.last =").replace(
            "self.twin =", "self.twin = nn.Conv2d(1, 4, 3)\n        self.twin.weight ="
        ),
        r"can't be saved and loaded: .*share memory",
    ),
    "a copy that differs": (
        NET + "\n    def __deepcopy__(self, memo):\n        other = Net(10, (1, 8, 8))\n        return other\n",
        r"a copy of it \(copy\.deepcopy\) answers otherwise",
    ),
    "no copy": (
        NET + "\n    def __deepcopy__(self, memo):\n        raise TypeError('one of a kind')\n",
        r"can't be copied: one of a kind",
    ),
    # training it
    "no gradient": (
        called("return self.last(self.conv(images).relu().flatten(1)).detach()"),
        r"no gradient reaches its parameters",
    ),
    "no gradient to weights": (
        called(
            "return self.last(self.conv(images).relu().flatten(1)).detach() "
            "+ images.flatten(1)[:, :10].requires_grad_()"
        ),
        r"no gradient reaches its parameters",
    ),
    "raises in training": (
        called("assert not self.training, 'never'"),
        r"can't answer images of shape \(4, 1, 8, 8\): AssertionError: never \(mynet\.py:14\)",
    ),
    # manners
    "prints when made": (
        made("print('made', classes)"),
        r"prints when it is made or called, which happens thousands of times: 'made 10",
    ),
    "prints when called": (called("print(images.shape)"), r"prints when it is made or called.*torch\.Size"),
    "prints 10 MB": (called("print('x' * 10_000_000)"), r"prints when it is made or called"),
    "changes torch": (made("torch.set_num_threads(1 + torch.get_num_threads())"), r"changes settings of torch"),
}


@pytest.mark.parametrize(("code", "line"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_it_is_one_line_at_its_place(tmp_path, code, line):
    refused(scenario(tmp_path, code), line)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("mynett.py:Net", r"mynett\.py: no such file in .*; did you mean 'mynet\.py'\?"),
        ("mynet.py:None", r"nothing in it is called 'None'"),
        ("mynet.py", r"'mynet\.py' is no name of a part of your own: `path/file\.py:Class`"),
        ("mynet.py:", "is no name"),
        (":Net", "is no name"),
        ("mynet.py:Net.forward", "is no name"),
        ("mynet:Net:x", "is no name"),
        ("mynet.py:5", "is no name"),
        ("no.such:Net", r"no\.such: can't be imported: ModuleNotFoundError"),
        ("os:getpid", r"os:getpid gives a int"),
        ("builtins:int", r"builtins: is in no file"),
        ("digits_cnn", r"unknown network 'digits_cnn'; did you mean 'digits-cnn'\?"),
        ("x" * 5000 + ".py:Net", "no such file"),
    ],
)
def test_odd_names(tmp_path, name, line):
    refused(scenario(tmp_path, name=name), line)


@pytest.mark.parametrize(
    ("code", "doing"),
    [
        ("while True: pass", "imported"),
        (made("while True: pass"), "made"),
        (called("while True: pass"), "called"),
        (
            made(
                "import signal; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]; torch.cuda = None; "
                "__import__('time').sleep(600)"
            ),
            "made",
        ),
    ],
)
def test_what_takes_for_ever_has_its_time(tmp_path, monkeypatch, code, doing):
    monkeypatch.setattr(alone, "IMPORTING", 2.0)
    pids, close = [], alone.Alone.close
    monkeypatch.setattr(alone.Alone, "close", lambda self: (pids.append(self._process), close(self)))
    before = time.monotonic()
    refused(scenario(tmp_path, code), rf"mynet\.py:Net: didn't finish being {doing} within 2 s")
    assert time.monotonic() - before < 60 and len(pids) == 1 and not pids[0].is_alive()


@pytest.mark.skipif(not LANDLOCK, reason="no Landlock here")
@pytest.mark.parametrize(
    "code",
    [
        f"open({{path!r}}, 'w').write('x')\n{NET}",
        made("open({path!r}, 'w').write('x')"),
        called("open({path!r}, 'w').write('x')"),
    ],
)
def test_it_writes_no_files(tmp_path, code):
    path = str(tmp_path / "written")
    refused(scenario(tmp_path, code.replace("{path!r}", repr(path))), "PermissionError")
    quiet = called(
        "try:\n            open({path!r}, 'w')\n        except OSError: pass".replace("{path!r}", repr(path))
    )
    assert load(scenario(tmp_path, quiet))
    assert not (tmp_path / "written").exists() and {p.name for p in tmp_path.iterdir()} <= {"mynet.py", "s.yaml"}


@pytest.mark.skipif(not LANDLOCK, reason="no Landlock here")
def test_it_does_not_get_to_see_the_scenario_with_its_seed(tmp_path):
    refused(scenario(tmp_path, made(f"open({str(tmp_path / 's.yaml')!r}).read()")), "PermissionError")


def test_nothing_of_it_runs_in_the_process_that_holds_the_seed(tmp_path):
    before, hacked = (
        set(sys.modules),
        f"import arena.base.errors\narena.base.errors.HACKED = True\nprint('printed by a user')\n{NET}",
    )
    path = scenario(tmp_path, hacked)
    loaded = load(path)
    assert not hasattr(errors, "HACKED") and loaded.network
    assert not [name for name in set(sys.modules) - before if name.startswith("arena_user_") or name == "mynet"]
    done = command("check", path)
    assert done.returncode == 0 and "printed by a user" not in done.stdout + done.stderr


GREEDY = (
    NET
    + """
import arena.scenario.brief, arena.scenario.fitting, arena.scenario.inside
import arena.strategies.agent
import agents.roles.attacker
parts = ["train", "validation", "fine-tune", "test", "customers"]
everything = {"verifies": True, "parts": parts, "schemes": ["mynet.py:Evil"], "triggers": 1, "rarity": 0.0}
for module in (arena.scenario.inside, arena.scenario.brief, arena.scenario.fitting):
    module.examine = module.known_of = module.facts_of = lambda *_: dict(everything)
for cls in (arena.strategies.agent.Agent, agents.roles.attacker.Attacker):
    cls.verifies, cls.sells, cls.data = True, True, tuple(everything["parts"])
"""
)


def test_it_cannot_make_an_agent_more_than_the_scenario_says(tmp_path):
    greedy, plain = (load(scenario(tmp_path, code)).agents for code in (GREEDY, NET))
    assert greedy == plain


def test_it_cannot_blame_somebody_elses_lines(tmp_path):
    code = (
        "import arena.scenario.inside as i\nfrom arena.scenario.brief import Misplaced\n"
        "i._files = lambda *_: (_ for _ in ()).throw(Misplaced(('agents', 'alice', 'scheme'), 'alice did it'))\n" + NET
    )
    refused(scenario(tmp_path, code), "alice did it", "task")


def test_agents_are_asked_whether_they_fit_it(tmp_path):
    """Where it is named, a layer of its own; what it lacks is said where it is asked for."""
    for agent, line in (
        (
            "{role: owner, scheme: {uchida: {layer: conf}}}",
            r"mallory\.scheme\.uchida\.layer: the network has no .*'conf'; did you mean 'conv'",
        ),
        ("{role: attacker, attacks: [{prune: {layers: las}}]}", r"attacks\.0\.prune\.layers: .*did you mean 'last'"),
        (
            "{role: attacker, attacks: [jpeg, {transfer: {dataset: digits}}]}",
            r"attacks\.1\.transfer: mynet\.py:Net has no part 'features': transfer learning",
        ),
        (
            "{role: attacker, attacks: [{transfer: {dataset: nowhere}}]}",
            r"transfer\.dataset: data set 'nowhere' is missing",
        ),
    ):
        with pytest.raises(ArenaError, match=line) as caught:
            load(scenario(tmp_path, **{"{role: attacker}": agent}))
        assert "s.yaml:6:" in str(caught.value)
    for agent in (
        "{role: owner, scheme: {uchida: {layer: conv}}}",
        "{role: attacker, attacks: [{prune: {layers: last}}, distill]}",
    ):
        assert load(scenario(tmp_path, **{"{role: attacker}": agent}))


def test_two_parts_are_asked_for_by_transfer_alone(tmp_path):
    transfer = {"{role: attacker}": "{role: attacker, attacks: [{transfer: {dataset: digits}}]}"}
    assert load(scenario(tmp_path, TWO_PARTS, **transfer))
    hanging = TWO_PARTS.replace(
        "Conv2d(shape[0], 4, 3, padding=1), nn.ReLU(), nn.Flatten()",
        "Conv2d(shape[0], classes, 3, padding=1), nn.Flatten()",
    ).replace("4 * shape", "classes * shape")
    assert load(scenario(tmp_path, hanging))
    with pytest.raises(
        ArenaError, match=r"attacks\.0\.transfer: mynet\.py:Net: its features hang on the number of classes"
    ):
        load(scenario(tmp_path, hanging, **transfer))


def test_a_base_needs_two_parts_and_weights_that_fit(tmp_path):
    from safetensors.torch import save_file
    from torch import nn

    assert load(scenario(tmp_path, TWO_PARTS, task="base: {dataset: digits, epochs: 1}, "))
    refused(scenario(tmp_path, task="base: {dataset: digits, epochs: 1}, "), "has no part 'features'", r"task\.base")
    refused(
        scenario(tmp_path, TWO_PARTS, task="base: {dataset: nowhere}, "),
        "data set 'nowhere' is missing",
        r"task\.base\.dataset",
    )
    refused(
        scenario(tmp_path, TWO_PARTS, task="base: {weights: none.npz}, "),
        "none.npz: no such file",
        r"task\.base\.weights",
    )
    right = nn.ModuleDict({"features": nn.Sequential(nn.Conv2d(1, 4, 3)), "decision": nn.Linear(256, 10)})
    save_file(right.state_dict(), tmp_path / "w.safetensors")
    assert load(scenario(tmp_path, TWO_PARTS, task="base: {weights: w.safetensors}, "))
    save_file(right["features"].state_dict(), tmp_path / "w.safetensors")
    refused(
        scenario(tmp_path, TWO_PARTS, task="base: {weights: w.safetensors}, "),
        r"w\.safetensors: .* tensors of the network are missing",
        r"task\.base\.weights",
    )


def test_the_schema_admits_it(tmp_path):
    data = read(scenario(tmp_path)).data
    jsonschema.validate(data, schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**data, "task": {**data["task"], "network": 5}}, schema())


def test_forging_does_not_import_it(tmp_path):
    done = command("forge", scenario(tmp_path), "--budget", 1, "--out", tmp_path / "forge")
    assert done.returncode == 2 and "task.network: mynet.py:Net is a user's file" in done.stderr
