"""What an agent's process may do: measured memory and time, no signals to others, no processes of its own, files
written to the store alone.

Everything here is the kernel's: rlimits, a seccomp filter, Landlock (Linux 5.13), a death signal. `enter` takes what
the system has and says what it got; elsewhere an agent is a plain process of the user's account (README, "What to know
before you trust a number").
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, FILTER_MODE = 1, 4, 22, 38, 2
LOAD, EQUAL, GREATER, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, DENY, ABSENT = 0x7FFF0000, 0x00050001, 0x00050026
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
THREAD, X32 = 0x00010000, 0x40000000

CALLS: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (0xC000003E, {
        "kill": 62, "tgkill": 234, "prlimit64": 302, "clone": 56, "clone3": 435, "fork": 57, "vfork": 58, "tkill": 200,
        "ptrace": 101,
        "process_vm_readv": 310, "process_vm_writev": 311, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297,
        "pidfd_send_signal": 424,
        "pidfd_getfd": 438, "mount": 165, "umount2": 166, "reboot": 169, "setns": 308, "unshare": 272, "bpf": 321,
        "kcmp": 312}),
    "aarch64": (0xC00000B7, {
        "kill": 129, "tgkill": 131, "prlimit64": 261, "clone": 220, "clone3": 435, "tkill": 130, "ptrace": 117,
        "process_vm_readv": 270,
        "process_vm_writev": 271, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240, "pidfd_send_signal": 424,
        "pidfd_getfd": 438, "mount": 40,
        "umount2": 39, "reboot": 142, "setns": 268, "unshare": 97, "bpf": 280, "kcmp": 272}),
}
OWN = ("kill", "tgkill")
"""Calls whose first argument may only be the process itself."""
STARTS = ("fork", "vfork", "clone", "clone3")
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
READ, WRITES, TRUNCATES, LINKS = 1 << 2, 0b1111111110010, 1 << 14, 1 << 13
MOST_ENTRIES = 4096
_server = 0


def die_with_parent() -> None:
    """Linux: this process is killed when the thread that started it ends."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def serve_from_here() -> None:
    """This process is a server: what is forked from it ends with it, also what it had only just forked."""
    global _server
    _server = os.getpid()


def lead_group() -> None:
    """A session of one's own, which ends when the server that started it does. The arena's end, however it came, ends
    the server: who could keep it alive, as multiprocessing wants every process to, lets go of it."""
    os.setsid()
    die_with_parent()
    if _server and os.getppid() != _server:  # it was dead before
        os.kill(os.getpid(), signal.SIGKILL)
    server: Any = getattr(forkserver, "_forkserver", None)
    if (pipe := getattr(server, "_forkserver_alive_fd", None)) is not None:
        os.close(pipe)
        server._forkserver_alive_fd = None


def enter(memory: float, cpu: float, writable: Sequence[Path], hidden: Sequence[Path], processes: bool) -> list[str]:
    """Shuts this process in: private memory (bytes, beyond what it has) and processor time (seconds) are bounded, files
    are written beneath `writable` alone and not read beneath `hidden`, nobody else gets signals or is looked into,
    nothing is started unless `processes`. Gives what took hold."""
    bound_resources(memory, cpu)
    if not sys.platform.startswith("linux"):
        return ["rlimits"]
    _prctl(PR_SET_DUMPABLE, 0)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    return ["rlimits", *(["landlock"] if _shut_files(writable, hidden) else []),
            *(["seccomp"] if _filter_calls(processes) else [])]


def bound_resources(memory: float, cpu: float) -> None:
    """rlimits: data, processor time, no core files."""
    if memory:
        most = int(private_bytes() + memory)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu) + 1, int(cpu) + 3))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def private_bytes() -> int:
    """What RLIMIT_DATA counts of this process now; 0 where the system doesn't say."""
    with suppress(OSError, ValueError, StopIteration):
        line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmData"))
        return int(line.split()[1]) << 10
    return 0


def processor_seconds(pid: int) -> float:
    """Processor time of a process and of those it waited for, in seconds, as the kernel counted it; 0 where it can't be
    read."""
    with suppress(OSError, ValueError, IndexError):
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(what: int, value: int) -> bool:
    with suppress(OSError, AttributeError):
        return _library().prctl(what, ctypes.c_ulong(value), 0, 0, 0) == 0
    return False


def _op(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def program(calls: dict[str, int], architecture: int, pid: int, processes: bool) -> bytes:
    """The filter: every call is allowed but those of `calls`, with an error as of one that lacks the right."""
    out = [_op(LOAD, ARCHITECTURE), _op(EQUAL, architecture, 1, 0), _op(RETURN, DENY), _op(LOAD, NUMBER),
           _op(GREATER, X32, 0, 1), _op(RETURN, DENY)]
    for name, number in calls.items():
        if processes and name in STARTS:
            continue
        out += [_op(EQUAL, number, 0, len(_verdict(name, pid))), *_verdict(name, pid)]
    return b"".join([*out, _op(RETURN, ALLOW)])


def _verdict(name: str, pid: int) -> list[bytes]:
    """What becomes of one call."""
    argument = _op(LOAD, FIRST_ARGUMENT)
    if name in OWN:
        return [argument, _op(EQUAL, pid, 0, 1), _op(RETURN, ALLOW), _op(RETURN, DENY)]
    if name == "prlimit64":
        return [argument, _op(EQUAL, pid, 1, 0), _op(EQUAL, 0, 0, 1), _op(RETURN, ALLOW), _op(RETURN, DENY)]
    if name == "clone":
        return [argument, _op(ANY_BIT, THREAD, 0, 1), _op(RETURN, ALLOW), _op(RETURN, DENY)]
    return [_op(RETURN, ABSENT if name == "clone3" else DENY)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def _filter_calls(processes: bool) -> bool:
    known = CALLS.get(platform.machine())
    if known is None:
        return False
    raw = program(known[1], known[0], os.getpid(), processes)
    buffer = ctypes.create_string_buffer(raw, len(raw))
    wanted = _Program(len(raw) // 8, ctypes.addressof(buffer))
    with suppress(OSError, AttributeError):
        return _library().prctl(PR_SET_SECCOMP, ctypes.c_ulong(FILTER_MODE), ctypes.byref(wanted), 0, 0) == 0
    return False


def _shut_files(writable: Sequence[Path], hidden: Sequence[Path]) -> bool:
    """Landlock: True when it took hold."""
    library = _library()
    with suppress(OSError, AttributeError):
        version = library.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(1))
        if version < 1:
            return False
        writes = WRITES | (LINKS if version >= 2 else 0) | (TRUNCATES if version >= 3 else 0)
        handled = struct.pack("Q", writes | READ)
        rules = library.syscall(CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), ctypes.c_uint(0))
        if rules < 0:
            return False
        _allow(library, rules, writable, writes | READ)
        _allow(library, rules, around(hidden), READ)
        done = library.syscall(RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint(0)) == 0
        os.close(rules)
        return done
    return False


def _allow(library: ctypes.CDLL, rules: int, places: Iterable[Path], access: int) -> None:
    for place in places:
        try:
            handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        granted = access if place.is_dir() else access & (READ | 1 << 1 | TRUNCATES)
        library.syscall(ADD_RULE, ctypes.c_int(rules), ctypes.c_int(1), struct.pack("=Qi", granted, handle),
                        ctypes.c_uint(0))
        os.close(handle)


def around(hidden: Sequence[Path]) -> list[Path]:
    """Everything but the hidden places: what lies beside each of them and beside the folders that they are in (links
    aside, which may lead to them: the kernel goes by where they lead)."""
    closed = {folder for place in hidden for folder in (place, *place.parents)}
    out: list[Path] = []
    for folder in sorted(closed - set(hidden) or {Path("/")}):
        with suppress(OSError):
            out += [entry for entry in folder.iterdir() if entry not in closed and not entry.is_symlink()]
    return out[:MOST_ENTRIES] if hidden else [Path("/")]
