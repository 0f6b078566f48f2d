"""Parts of the user's own: what is wrong with one is a line that names it, and none of them runs where the seed is or
makes more of itself."""

import hashlib
import os
import re
import sys
import time

import pytest

from arena.base import errors
from arena.base.errors import ArenaError
from arena.base.names import canonical, name_of
from arena.isolation import sandbox
from arena.isolation.limits import Limits
from arena.scenario import alone
from arena.scenario.brief import nothing_own
from arena.scenario.casting import cast
from arena.scenario.scenario import build_agent, from_data, load
from arena.strategies import find
from tests.conftest import ROOT, TINY, arena, command

ATTACK = '''
from dataclasses import dataclass
from arena.strategies import Attack

@dataclass(frozen=True)
class Mine(Attack):
    """does nothing"""
    size: int = 2
'''
SCHEME = '''
from dataclasses import dataclass
from agents.schemes.triggers.rose import Rose

@dataclass(frozen=True)
class Mine(Rose):
    """rose, under a name of its own"""
'''
LANDLOCK = sys.platform.startswith("linux") and sandbox._library().syscall(sandbox.CREATE_RULESET, None, 0, 1) >= 1


def scenario(folder, code="", attack="mine.py:Mine", text=TINY, **more):
    """A scenario beside a file of the user's own, mine.py."""
    (folder / "mine.py").write_text(code)
    return written(folder, text.replace("{role: attacker}", f"{{role: attacker, attacks: [jpeg, {attack!r}]}}"
                                        if attack else "{role: attacker}"), more)


def written(folder, text, changes):
    """s.yaml in the folder: the text with the first of each old piece replaced by its new one."""
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "s.yaml"
    path.write_text(text)
    return path


WRONG = [
    (ATTACK.replace("@dataclass(frozen=True)\n", ""), r"mine\.py:Mine: add @dataclass\(frozen=True\)"),
    ("from arena.strategies import Attack\nclass Mine(Attack):\n    pass\n",
     r"mine\.py:Mine: add @dataclass\(frozen=True\)"),
    (ATTACK.replace("size: int", 'size: "Nope"'),
     r"mine\.py:Mine: the type of a parameter can't be resolved: .*'Nope'"),
    (ATTACK + "    def __post_init__(self):\n        raise KeyError('q')\n",
     r"mine\.py:Mine can't be made: KeyError: 'q'"),
    (ATTACK + "    def __post_init__(self):\n        import sys; sys.exit(3)\n",
     r"mine\.py:Mine can't be made: SystemExit: 3"),
    (ATTACK + "    def __post_init__(self):\n        raise ValueError('two\\nlines')\n", r"attacks\.1: two lines$"),
    (ATTACK + "    def misfit(self, setting):\n        raise ZeroDivisionError('x')\n",
     r"mine\.py:Mine\.misfit raises ZeroDivisionError: x"),
    ("import sys; sys.exit(0)", r"mine\.py: can't be imported: SystemExit: 0"),
    ("raise KeyboardInterrupt", r"KeyboardInterrupt"),
    ("class E(BaseException): pass\nraise E('x')", r"mine\.py: can't be imported: E: x"),
    ("class E(Exception):\n    def __str__(self): raise self\nraise E", r"mine\.py: can't be imported: E$"),
    ("raise ValueError('\\x1b[31mred\\nblue')", r"mine\.py: can't be imported: ValueError: \\u001b\[31mred\\u000ablue"),
    ("def f(:", r"mine\.py: can't be imported: SyntaxError"),
    ("import nowhere_to_be_found", r"mine\.py: can't be imported: ModuleNotFoundError"),
    ("Mine = 3", r"mine\.py:Mine is no attack: a class Attack is wanted"),
    ("", r"mine\.py:Mine is no attack"),
    (SCHEME, r"mine\.py:Mine is no attack"),
    ("import os; os._exit(0)", r"mine\.py:Mine: ended the process in which it was imported"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", r"ended the process"),
    ("import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'rubbish' * 99)\n    except OSError: pass\n",
     r"ended the process"),
    ("import sys; sys.setrecursionlimit(10**6)\ndef f(): f()\nf()", r"mine\.py"),
    ("x = bytearray(1 << 40)", r"mine\.py: can't be imported: MemoryError"),
    ("import os; os.fork()", r"mine\.py: can't be imported: PermissionError"),
]


@pytest.mark.parametrize(("code", "line"), WRONG, ids=[code.strip().replace("\n", "; ")[-50:] for code, _ in WRONG])
def test_what_is_wrong_with_a_file_is_one_line_at_its_place(tmp_path, code, line):
    if "os.fork" in code and not LANDLOCK:
        pytest.skip("no seccomp here")
    with pytest.raises(ArenaError, match=line) as caught:
        load(scenario(tmp_path, code))
    assert re.match(r".*s\.yaml:6:\d+: agents\.mallory", str(caught.value)) and "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "line"), [
    ("none.py:Mine", r"none\.py: no such file"), ("mine.py:None", "is no attack"), ("./:Y", "is no name"),
    (":Y", "is no name"), ("mine.py:", "is no name"),
    ("arena.strategies.agent:Agent", "is no attack"), ("builtins:int", "is no attack"),
    ("no.such:Thing", r"can't be imported: ModuleNotFoundError"),
    (".mine:Mine", "is no name"), ("mine.py:Mine.size", "is no name"), ("this:x", "is no attack"),
])
def test_odd_names(tmp_path, name, line):
    with pytest.raises(ArenaError, match=line) as caught:
        load(scenario(tmp_path, ATTACK, name))
    assert "s.yaml:6:" in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_loops_has_its_time(tmp_path, monkeypatch):
    monkeypatch.setattr(alone, "IMPORTING", 1.0)
    before = time.monotonic()
    with pytest.raises(ArenaError,
                       match=r"agents\.mallory\.attacks\.1: mine\.py:Mine: didn't finish being imported within 1 s"):
        load(scenario(tmp_path, "while True: pass"))
    assert time.monotonic() - before < 60


def test_types_that_yaml_cannot_give(tmp_path):
    code = (ATTACK + "    x: object = 1\n    y: set = None\n    z: Attack | None = None\n    w: 'tuple[Attack, ...]' = "
                     "()\n    f: type(open) = open\n")
    assert load(scenario(tmp_path, code)).agents["mallory"]["verifies"] is False
    given = "{'mine.py:Mine': {x: [1], y: [1, 2], z: jpeg, w: [jpeg, {prune: {rate: .1}}]}}"
    assert load(scenario(tmp_path, code, "A", **{"'A'": given}))
    with pytest.raises(ArenaError, match=r"attacks\.1\.mine\.py:Mine\.f: a parameter of the type .* can't be given"):
        load(scenario(tmp_path, code, "A", **{"'A'": "{'mine.py:Mine': {f: 1}}"}))


def test_nothing_of_it_runs_in_the_process_that_holds_the_seed(tmp_path):
    code = ATTACK + "import arena.base.errors\narena.base.errors.HACKED = True\nprint('printed by a user')\n"
    before = set(sys.modules)
    loaded = load(scenario(tmp_path, code))
    assert (not hasattr(errors, "HACKED") and not [name for name in set(sys.modules) - before
                                                   if name.startswith("arena_user_")])
    assert loaded.files == {"mine.py": hashlib.sha256(code.encode()).hexdigest()}
    done = command("check", tmp_path / "s.yaml")
    assert done.returncode == 0 and "printed by a user" not in done.stdout + done.stderr


@pytest.mark.skipif(not LANDLOCK, reason="no Landlock here")
def test_it_does_not_get_to_see_the_scenario_with_its_seed(tmp_path):
    code = f"raise ValueError(open({str(tmp_path / 's.yaml')!r}).read())"
    with pytest.raises(ArenaError, match="PermissionError"):
        load(scenario(tmp_path, code))


GREEDY = (
    ATTACK
    + """
import arena.scenario.casting, arena.scenario.fitting
parts = ["train", "validation", "fine-tune", "test", "customers"]
everything = {"verifies": True, "parts": parts, "schemes": ["mine.py:Evil"], "triggers": "x", "rarity": {}}
for module in (arena.scenario.casting, arena.scenario.fitting):
    module.facts_of = lambda agent: dict(everything)
    module.parts_of = lambda role: tuple(everything["parts"])
import arena.scenario.inside
arena.scenario.inside.examine = arena.scenario.inside.known_of = lambda *_: dict(everything)
import arena.strategies.agent
import agents.roles.attacker
for cls in (arena.strategies.agent.Agent, agents.roles.attacker.Attacker):
    cls.verifies, cls.sells, cls.deploys = True, True, True
    cls.data, cls.admits = tuple(everything["parts"]), ("attacks",)
"""
)


def test_a_file_cannot_make_its_agent_more_than_the_scenario_says(tmp_path):
    loaded = load(scenario(tmp_path, GREEDY))
    plain = load(scenario(tmp_path, ATTACK))
    assert {**loaded.agents["mallory"], "params": 0} == {**plain.agents["mallory"], "params": 0}
    assert loaded.verifiers == ("victor",) and loaded.admitted("victor") == ("rose",)
    assert "train" not in loaded.agents["mallory"]["parts"] and "train" in loaded.agents["alice"]["parts"]


ROLES = '''
from dataclasses import dataclass
from arena.agent import Agent
from agents.roles.owner import Owner
from agents.roles.verifier import Verifier

@dataclass
class Thief(Agent):
    """wants everything"""
    data = ("train", "validation", "fine-tune", "test", "customers")

@dataclass
class Keeper(Owner):
    """an owner"""
    data = ("customers",)

@dataclass
class Judge(Verifier):
    """a verifier"""
'''


def test_roles_of_ones_own_have_the_data_of_the_built_in_one_they_derive_from(tmp_path):
    text = TINY.replace("role: attacker", "role: 'mine.py:Thief'").replace("role: owner", "role: 'mine.py:Keeper'")
    loaded = load(scenario(tmp_path, ROLES, "", text.replace("{role: verifier}", "{role: 'mine.py:Judge'}")))
    alike = load(scenario(tmp_path, ROLES, ""))
    assert {name: (part["parts"], part["verifies"], part["schemes"], part["triggers"])
            for name, part in loaded.agents.items()} == \
           {name: (part["parts"], part["verifies"], part["schemes"], part["triggers"])
            for name, part in alike.agents.items()}
    assert (loaded.verifiers == ("victor",) and loaded.admitted("victor") == ("rose",)
            and loaded.asked() == alike.asked() == (10, 64.0))


CLAIMS_TO_BE_MORE = '''
from dataclasses import dataclass, field
from arena.agent import Agent

@dataclass
class Judge(Agent):
    """would like to judge, and to have a scheme heard"""
    verifies, sells = True, True
    data = ("customers",)
    admits = ("friends",)
    friends: list[str] = field(default_factory=list)
'''


def test_a_role_of_ones_own_is_no_more_than_what_it_derives_from(tmp_path):
    text = TINY.replace("{role: attacker}", "{role: 'mine.py:Judge', friends: ['mine.py:Evil', uchida]}")
    judge = load(scenario(tmp_path, CLAIMS_TO_BE_MORE, "", text)).agents["mallory"]
    assert (judge["verifies"], judge["parts"], judge["schemes"]) == (False, ["validation", "fine-tune", "test"], [])


@pytest.mark.parametrize(("steals", "fits"), [("alice", True), ("victor", False), ("mallory", False), ("bob", True),
                                              ("eve", False)])
def test_who_never_releases_is_not_stolen_from(tmp_path, steals, fits):
    """An owner releases, whatever his scheme; a role of one's own may; a thief, a usurper, a verifier never does."""
    more = "  bob: {role: 'mine.py:Keeper', scheme: rose}\n  eve: {role: usurper, forgery: random-key}\n  victor"
    thief = f"{{role: attacker, steals: {steals}}}"
    path = scenario(tmp_path, ROLES, "", **{"{role: attacker}": thief, "  victor": more})
    if fits:
        assert load(path)
    else:
        line = rf"agents\.mallory\.steals: {steals} releases nothing that could be stolen; who does: alice, bob$"
        with pytest.raises(ArenaError, match=rf"s\.yaml:6:\d+: {line}"):
            load(path)


@pytest.mark.parametrize("name", ["mine.py:Mine", "./mine.py:Mine", "sub/../mine.py:Mine"])
def test_a_scheme_of_ones_own_is_admitted_by_its_one_name(tmp_path, name):
    (tmp_path / "sub").mkdir()
    path = scenario(tmp_path, SCHEME, "", rose=f"'{name}'",
                    **{"{role: verifier}": f"{{role: verifier, schemes: [uchida, '{name}']}}"})
    loaded = load(path)
    assert (loaded.admitted("victor") == ("mine.py:Mine", "uchida")
            and loaded.agents["alice"]["schemes"] == ["mine.py:Mine"])
    owner, verifier = (build_agent(loaded.agents[who]["role"], loaded.agents[who]["params"], str(tmp_path))
                       for who in ("alice", "victor"))
    assert (name_of(owner.scheme) == "mine.py:Mine" == canonical(name, tmp_path)
            and verifier.schemes == ["uchida", "mine.py:Mine"])


def test_files_of_one_name_in_two_folders_are_two(tmp_path):
    for folder, size in (("one", 1), ("two", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(ATTACK.replace("size: int = 2", f"size: int = {size}"))
    first, second = (find("attacks", f"{folder}/mine.py:Mine", tmp_path) for folder in ("one", "two"))
    assert ((first().size, second().size) == (1, 2) and (name_of(first),
                                                         name_of(second)) == ("one/mine.py:Mine", "two/mine.py:Mine"))


def test_a_scheme_under_a_second_name_is_sent_to_its_own(tmp_path):
    with pytest.raises(ArenaError, match=r"mine\.py:Rose is rose: give it by that name"):
        load(scenario(tmp_path, SCHEME, "", rose="'mine.py:Rose'"))


def test_misspelt_names_are_found_at_their_place(tmp_path):
    for old, new, line in (
        ("{role: attacker}", "{role: attacker, steals: alcie}",
         r"s\.yaml:6:\d+: agents\.mallory\.steals: nobody is called 'alcie'; did you mean 'alice'"),
        ("{role: attacker}", "{role: usurper, forgery: random-key, target: mallroy}",
         r"target: nobody is called 'mallroy'; did you mean 'mallory'"),
        ("{role: attacker}", "{role: usurper, forgery: random-key, scheme: rsoe}",
         r"scheme: unknown scheme 'rsoe'; did you mean 'rose'"),
        ("{role: verifier}", "{role: verifier, schemes: [rsoe]}",
         r"schemes\.0: unknown scheme 'rsoe'; did you mean 'rose'"),
        ("{role: attacker}", "{role: attacker, knows: [trainingdata]}",
         r"knows\.0: nobody can know 'trainingdata'; did you mean 'training-data'"),
    ):
        with pytest.raises(ArenaError, match=line):
            load(scenario(tmp_path, "", "", **{old: new}))


FITS = [
    ("{role: usurper, forgery: random-key, scheme: label-change}",
     r"agents\.mallory\.forgery: random-key makes keys of rose, not of label-change"),
    ("{role: usurper, forgery: sign-sequence}", r"sign-sequence makes keys of negative-correlation, not of rose"),
    ("{role: usurper, forgery: grind-seed}", r"grind-seed makes keys of uchida, not of rose"),
    ("{role: usurper, forgery: {raise-level: {forgery: sign-sequence}}}",
     r"raise-level\.forgery: sign-sequence makes keys of negative-correlation"),
    ("{role: usurper, forgery: {grind: {level: 3, memory: 100}}}", r"grind\.memory: a power of two"),
    ("{role: usurper, forgery: {natural: {triggers: 400}}}",
     r"natural\.triggers: 400 different images are wanted, but digits has 80"),
    ("{role: usurper, scheme: uchida, forgery: {grind-seed: {layer: featrues.0}}}",
     r"grind-seed\.layer: .*did you mean 'features\.0'"),
    ("{role: attacker, samples: 41}",
     r"agents\.mallory\.samples: 41 samples are wanted, but 40 are held out of digits"),
    ("{role: attacker, attacks: [quantize, morph]}",
     r"attacks\.1: morph needs plain layers, and quantize leaves none: put it before that"),
    ("{role: attacker, attacks: [average]}", r"attacks\.0: averaging 2 copies: alice sells 1"),
    ("{role: attacker, attacks: [{prune: {layers: features.9}}]}",
     r"prune\.layers: the network has no .*'features\.9'; did you mean"),
    ("{role: attacker, attacks: [{morph: {layer: decision.9}}]}", r"morph\.layer: the network has no"),
    ("{role: attacker, attacks: [{autoencoder: {folds: 50}}]}",
     r"autoencoder\.folds: 50 samples of a thief are wanted, but digits has 40"),
    ("{role: attacker, attacks: [{overwrite: {scheme: rose}}]}",
     r"overwrite\.scheme: rose can't be embedded into a model that is trained already"),
    ("{role: attacker, attacks: [{overwrite: {scheme: {uchida: {layer: x}}}}]}",
     r"overwrite\.scheme\.uchida\.layer: the network has no"),
    ("{role: attacker, attacks: [{transfer: {dataset: nowhere}}]}",
     r"transfer\.dataset: data set 'nowhere' is missing"),
    ("{role: attacker, attacks: [ensemble-of-thieves]}", r"attacks\.0: an ensemble needs two thieves .*alice sells 1"),
    ("{role: owner, scheme: {rose: {triggers: 321}}}",
     r"rose\.triggers: 321 different triggers are wanted, but digits has 320"),
    ("{role: owner, scheme: {rose: {level: 3, memory: 10000}}}",
     r"rose\.memory: a power of two from 16 to 2\^20 is wanted, not 10,000"),
    ("{role: owner, scheme: {rose: {level: 3, memory: 2^21}}}", r"rose\.memory: a power of two"),
    ("{role: owner, scheme: {label-change: {keys: 321}}}", r"label-change\.keys: 321"),
    ("{role: owner, scheme: {uchida: {layer: featrues.0}}}", r"uchida\.layer: .*did you mean 'features\.0'"),
    ("{role: owner, scheme: {uchida: {bits: 100, code: true}}}",
     r":6:\d+: agents\.mallory\.scheme\.uchida: a code needs at least 252 bits"),
    ("{role: owner, scheme: {content: {size: 9}}}", r"content\.size: overlay .*larger than the images"),
    ("{role: owner, scheme: unrelated}",
     r"unrelated\.dataset: digits is the host's own|scheme\.dataset: digits is the host's own"),
    ("{role: owner, scheme: [rose]}", r"scheme: a name, or one name with its parameters"),
]


@pytest.mark.parametrize(("agent", "line"), FITS, ids=[agent for agent, _ in FITS])
def test_what_does_not_fit_is_refused_before_anything_is_trained(tmp_path, agent, line):
    with pytest.raises(ArenaError, match=line) as caught:
        load(scenario(tmp_path, "", "", **{"{role: attacker}": agent}))
    assert "s.yaml:6:" in str(caught.value) and "\n" not in str(caught.value)


def test_what_fits_is_not_refused(tmp_path):
    for agent in (
        "{role: owner, scheme: {rose: {triggers: 320}}}", "{role: owner, scheme: {rose: {level: 2, memory: 10000}}}",
        "{role: owner, scheme: {adi: {keys: 999}}}",
        "{role: usurper, forgery: {natural: {triggers: 80}}}",
        "{role: usurper, knows: [training-data], forgery: {natural: {triggers: 360}}}",
        "{role: attacker, samples: 40}",
        "{role: attacker, attacks: [{autoencoder: {folds: 40}}, {autoencoder: {folds: 50, always: true}}]}",
        "{role: attacker, attacks: [quantize, independent-host, morph]}",
        "{role: attacker, attacks: [{quantize: {to: float16}}, morph]}",
        "{role: attacker, attacks: [quantize, distill, {transfer: {dataset: digits}}]}",
    ):
        load(scenario(tmp_path, "", "", **{"{role: attacker}": agent}))


def test_copies_come_from_who_is_stolen_from(tmp_path):
    bob = "  bob: {role: owner, scheme: {negative-correlation: {copies: 3}}}\n  victor"
    for steals, copies, fits in (("bob", 3, True), ("bob", 4, False), ("alice", 2, False)):
        agent = f"{{role: attacker, steals: {steals}, attacks: [{{average: {{copies: {copies}}}}}]}}"
        path = scenario(tmp_path, "", "", **{"{role: attacker}": agent, "  victor": bob})
        if fits:
            assert load(path)
        else:
            with pytest.raises(ArenaError, match=rf"average\.copies: averaging {copies} copies: {steals} sells"):
                load(path)


def test_limits_customers_knowledge_and_seeds_survive_being_written_down(tmp_path):
    more = {"seed: 5": "seed: random\ncustomers: 7\nlimits: {turn: 10 min, memory: 2 GiB, processes: true}",
            "{role: attacker}": "{role: attacker, knows: [training-data]}"}
    path = scenario(tmp_path, "", "", **more)
    loaded = load(path)
    assert loaded.limits == Limits(turn=600.0, memory=2.0**31, processes=True) and loaded.customers == 7
    assert loaded.agents["mallory"]["parts"] == ["train", "validation", "fine-tune", "test"]
    again = from_data(loaded.as_dict(), path)
    assert again == loaded and again.seed != load(path).seed and again.seed.bit_length() > 64
    assert (load(path, ["limits.turn=1 h"], seed=3).limits.turn == 3600
            and load(path, seed=2**128 - 1).seed == 2**128 - 1)
    for change, line in (("seed=random ", None), (f"seed={2**128}", r"2\^128 - 1"), ("seed=-1", r"2\^128"),
                         ("rounds=0", "rounds: "), ("rounds=10001", "rounds"),
                         ("customers=-1", "customers"), ("customers=10001", "customers"),
                         ("limits.turn=0", r"limits\.turn"), ("limits.trun=1", "did you mean 'turn'"),
                         ("agents.mallory.knows=training-data", "knows")):
        if line is None:
            assert load(path, [change])
        else:
            with pytest.raises(ArenaError, match=line):
                load(path, [change])


def test_many_attacks_are_quick(tmp_path):
    for count, fits in ((100, True), (101, False), (9_000, False)):
        path = scenario(tmp_path, "", "",
                        **{"{role: attacker}": f"{{role: attacker, attacks: [{', '.join(['jpeg'] * count)}]}}"})
        before = time.monotonic()
        if fits:
            assert load(path)
        else:
            with pytest.raises(ArenaError, match=f"at most 100 are wanted here, not {count:,}"):
                load(path)
        assert time.monotonic() - before < 10


def test_a_data_set_or_network_that_cannot_be_used(tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"<html>")
    for change, line in (("task.dataset=bad", r"task\.dataset: .*bad\.npz"),
                         ("task.base={weights: none.npz}", r"task\.base\.weights: .*none\.npz: no such file"),
                         ("task.network=rose-cnn",
                          r"task\.network: network 'rose-cnn' can't take images of shape \(1, 8, 8\)"),
                         ("task.base={dataset: nowhere}", r"task\.base\.dataset: data set 'nowhere' is missing")):
        with pytest.raises(ArenaError, match=line) as caught:
            load(scenario(tmp_path, "", ""), [change], data=tmp_path)
        assert "\n" not in str(caught.value)


def test_listing_scenarios_passes_over_other_yaml(tmp_path):
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "playbook.yaml").write_text("- hosts: all\n")
    (folder / "text.yaml").write_text("just text")
    (folder / "broken.yaml").write_text("a: [")
    (folder / "mine.yaml").write_text(TINY.replace("title: tiny", 'title: "a\\eb"'))
    done = arena("list", "scenarios", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert (done.returncode == 0 and "mine.yaml" in done.stdout and "\x1b" not in done.stdout
            and "broken.yaml" in done.stdout)
    assert "playbook" not in done.stdout and "text.yaml" not in done.stdout


def test_no_process_is_left(tmp_path, monkeypatch):
    pids = []
    close = alone.Alone.close
    monkeypatch.setattr(alone.Alone, "close", lambda self: (pids.append(self._process.pid), close(self)))
    threads = "import threading, time\nthreading.Thread(target=lambda: time.sleep(600)).start()\n"
    load(scenario(tmp_path, ATTACK + threads))
    monkeypatch.setattr(alone, "IMPORTING", 0.5)
    with pytest.raises(ArenaError):
        load(scenario(tmp_path,
                      threads + "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass"))
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.parametrize(
    "text",
    [
        "a:b:c",
        "a:0.5",
        ":",
        "x y:Z",
        "mine.py:",
        ":Mine",
        "mine.py:Mine:Mine",
        "\nmine.py:Mine",
        "mine.py:Mine ",
        "https://example.org/mine.py:8",
        "os:path.join",
        "5:Mine",
        "mine.py:5",
    ],
)
def test_what_only_looks_like_a_name_starts_no_process(tmp_path, monkeypatch, text):
    from arena.scenario import alone

    monkeypatch.setattr(alone.Alone, "__init__", lambda *_: pytest.fail("a process was started"))
    plain = {"role": "attacker", "params": {"attacks": [text]}, "knows": []}
    with pytest.raises(ArenaError):
        cast({}, {"alice": {"role": "owner", "params": {"scheme": "rose"}, "knows": []}, "mallory": plain}, tmp_path)


def test_the_name_of_a_parameter_is_no_part(tmp_path, monkeypatch):
    from arena.scenario import alone

    monkeypatch.setattr(alone.Alone, "__init__", lambda *_: pytest.fail("a process was started"))
    with pytest.raises(ArenaError, match="unknown key 'mine:Mine'"):
        cast({}, {"mallory": {"role": "attacker", "params": {"mine:Mine": 1}, "knows": []}}, tmp_path)


@pytest.mark.parametrize(
    "text", ["mine.py:Mine", "../mine.py:Mine", "os:path", "package.module:Class", "/etc/x.py:Mine"]
)
def test_no_part_of_ones_own_is_looked_for_in_the_arenas_process(text):
    with pytest.raises(ArenaError, match="not looked for here"):
        nothing_own(text, ("agents",))
