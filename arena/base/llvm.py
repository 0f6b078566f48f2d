"""Machine code from LLVM's intermediate language, made in this process and kept on disk.

The user's machine needs no compiler. A cached object is machine code: keep its directory writable for its owner alone.
Its stored SHA-256 detects damage, not malice.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

try:
    import llvmlite
    import llvmlite.binding as llvm
except Exception as problem:  # an unusable shared library raises more than ImportError
    llvm = None
    MISSING = f"llvmlite cannot be used: {problem}"
else:
    MISSING = ""

_ready = False


@dataclass(frozen=True)
class Target:
    """Processor name and feature string, as LLVM writes them."""

    cpu: str
    features: str

    def has(self, feature: str) -> bool:
        return f"+{feature}" in self.features.split(",")


def default_directory() -> Path:
    """Where objects are kept unless the caller names another place: an agent has one of his own (what is kept here is
    run as it is)."""
    if own := os.environ.get("ARENA_KERNELS"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "arena" / "kernels"


def _start() -> None:
    global _ready
    if not _ready:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        _ready = True


@cache
def host() -> tuple[Target | None, str]:
    """The processor this process runs on, or None with the reason."""
    if llvm is None:
        return None, MISSING
    try:
        _start()
        return Target(llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()), ""
    except Exception as problem:
        return None, f"LLVM failed: {problem}"


def host_width(target: Target) -> int:
    """Lanes of 32 bits in the widest registers of the target."""
    if target.has("avx512f"):
        return 16
    return 8 if target.has("avx2") else 4


def _machine(target: Target) -> Any:
    triple = llvm.Target.from_triple(llvm.get_process_triple())
    return triple.create_target_machine(cpu=target.cpu, features=target.features, opt=2, codemodel="jitdefault",
                                        jit=True)


def compile_ir(text: str, target: Target) -> bytes:
    """Object code of LLVM IR; the emitted code is already in the shape wanted, so no middle-end passes run."""
    _start()
    module = llvm.parse_assembly(text)
    module.triple = llvm.get_process_triple()
    machine = _machine(target)
    module.data_layout = str(machine.target_data)
    module.verify()
    return bytes(machine.emit_object(module))


def object_path(text: str, target: Target, directory: Path) -> Path:
    """The cache file of a program on a target under this compiler."""
    version = f"{llvmlite.__version__} {'.'.join(map(str, llvm.llvm_version_info))}"
    key = hashlib.sha256("\0".join((text, target.cpu, target.features, version)).encode()).hexdigest()
    return directory / f"{key}.object"


def read_object(path: Path) -> bytes | None:
    """The stored object, or None if there is none or it is damaged."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    return raw[32:] if len(raw) > 32 and hashlib.sha256(raw[32:]).digest() == raw[:32] else None


def write_object(path: Path, code: bytes) -> None:
    """Store an object so that readers see all of it or nothing; a directory that cannot be written only costs time."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)


def load(code: bytes, target: Target, *names: str) -> tuple[Any, list[int]]:
    """Map an object into the process: its engine and the addresses of the named functions."""
    _start()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine(target))
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine, [engine.get_function_address(name) for name in names]


def obtain(text: str, target: Target, directory: Path | None) -> tuple[bytes, bool]:
    """The object of a program and whether it came from the cache."""
    if directory is None:
        return compile_ir(text, target), False
    path = object_path(text, target, directory)
    code = read_object(path)
    if code is not None:
        return code, True
    code = compile_ir(text, target)
    write_object(path, code)
    return code, False
