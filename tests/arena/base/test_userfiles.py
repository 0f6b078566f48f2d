"""Files of the user's own: what was imported is known by its content, and by that of what it imports from beside."""

import hashlib
import sys

import pytest

from arena.base.errors import ArenaError
from arena.base.userfiles import load_file, module_called, part_called, source_of


def written(folder, **files):
    """Files by their stems (`sub__name` is sub/name.py)."""
    for stem, text in files.items():
        path = folder / f"{stem.replace('__', '/', 1)}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


def source(folder, **files):
    """The source of a.py among those files, imported anew."""
    load_file.cache_clear()
    home = written(folder, **files)
    return source_of(module_called("a.py", home), home)


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(autouse=True)
def on_the_path(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]
    load_file.cache_clear()


def test_a_file_alone_is_its_hash(tmp_path):
    assert source(tmp_path, a="import json\nfrom os import path\nx = 1\n", b="y = 1") == sha(
        "import json\nfrom os import path\nx = 1\n"
    )


IMPORTS = [
    "import b",
    "from b import y",
    "import b as other",
    "from b import *",
    "def late():\n    import b",
    "try:\n    import b\nexcept ImportError:\n    pass",
    "if False:\n    import b",
    "import json, b",
]


@pytest.mark.parametrize("line", IMPORTS)
def test_what_it_imports_from_beside_counts(tmp_path, line):
    one, other, again = (source(tmp_path, a=line, b=f"y = {n}") for n in (1, 2, 1))
    assert one == again != other and one != sha(line)


def test_what_that_imports_counts_too_and_circles_end(tmp_path):
    files = {"a": "import b", "b": "import sub.c", "sub__c": "import b, a\nx = 1", "sub____init__": ""}
    one = source(tmp_path, **files)
    assert one == source(tmp_path, **files)
    for changed in ("b", "sub__c", "sub____init__"):
        assert source(tmp_path, **{**files, changed: files[changed] + "\nmore = 1"}) != one
    assert source(tmp_path, **files, unrelated="z = 1") == one


def test_what_is_no_file_of_the_users_does_not_count(tmp_path):
    lines = "import json, torch\nimport arena.agent\nfrom agents.roles import owner\n"
    assert source(tmp_path, a=lines) == sha(lines)
    (tmp_path / "arena").mkdir()
    (tmp_path / "arena" / "__init__.py").write_text("")
    assert source(tmp_path, a=lines) == sha(lines)


def test_it_is_the_hash_of_what_was_imported_whatever_lies_there_now(tmp_path):
    home = written(tmp_path, a="x = 1")
    module = module_called("a.py", home)
    written(tmp_path, a="x = 2")
    assert (module.x, source_of(module, home)) == (1, sha("x = 1"))


def test_an_edit_of_the_same_length_within_a_second_is_another_file(tmp_path):
    """Python's own cache of compiled files goes by seconds and length."""
    for value in range(5):
        load_file.cache_clear()
        assert part_called("a.py:x", written(tmp_path, a=f"x = {value}")) == value


def test_a_module_of_a_package_counts_with_what_it_imports_of_the_package(tmp_path):
    home, place = tmp_path / "home", tmp_path / "elsewhere"
    for folder in (home, place / "pack"):
        folder.mkdir(parents=True)
    (place / "other.py").write_text("x = 1")
    files = {
        "__init__.py": "",
        "net.py": "from . import part\nfrom .part import y\nimport other, torch\n",
        "part.py": "y = 1",
    }

    def now(**changed):
        for name in [name for name in sys.modules if name.partition(".")[0] in ("pack", "other")]:
            del sys.modules[name]
        for name, text in {**files, **{f"{stem}.py": text for stem, text in changed.items()}}.items():
            (place / "pack" / name).write_text(text)
        return source_of(module_called("pack.net", home), home)

    sys.path.insert(0, str(place))
    try:
        first = now()
        assert first == now() and now(part="y = 22") != first != now(__init__="z = 1")
        (place / "other.py").write_text("x = 222")
        assert now() == first
    finally:
        sys.path.remove(str(place))


def test_what_cannot_be_read_ends_nothing(tmp_path):
    assert source(tmp_path, a="def late():\n    import b", b="def f(:") != source(
        tmp_path, a="def late():\n    import b", b="def f(::"
    )
    with pytest.raises(ArenaError, match="builtins: is in no file"):
        source_of(sys.modules["builtins"], tmp_path)


def test_a_file_that_is_not_there_is_told_with_what_is(tmp_path):
    with pytest.raises(
        ArenaError, match=r"mynett\.py: no such file in .*; did you mean 'mynet\.py'\? options: mynet\.py"
    ):
        part_called("mynett.py:Net", written(tmp_path, mynet=""))
