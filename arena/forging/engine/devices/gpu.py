"""Run the scalar search on a graphics processor through the CUDA driver (nothing to install but the driver), or on the
host to check it.

The part for the graphics processor follows the driver's documentation and has been assembled, but not run: there was
none to run it on.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from arena.base.errors import ArenaError
from arena.base.llvm import host, load, obtain
from arena.forging.engine.code.cuda import ptx, scalar_program
from arena.forging.engine.code.stages import INDEX, MATCHES, ROW, ROWS
from arena.forging.engine.devices.plain import Judge
from arena.forging.engine.devices.run import Counts, Layout, context, flips, layout, mask_table, rows
from arena.forging.engine.problem import Problem

MOST_INNER = 4
SLICE = 1 << 22
THREADS = 128
LONG, WORD = ctypes.c_uint64, ctypes.c_uint32
SIGNATURES: dict[str, list[Any]] = {"begin": [LONG] * 13, "resume": [LONG, LONG, WORD, *[LONG] * 8]}


class Device(Protocol):
    """Memory and launches; addresses are numbers."""

    def put(self, array: np.ndarray) -> int: ...

    def get(self, address: int, array: np.ndarray) -> None: ...

    def set(self, address: int, array: np.ndarray) -> None: ...

    def launch(self, name: str, arguments: Sequence[int]) -> None: ...

    def free(self) -> None: ...


class HostDevice:
    """The same functions compiled for this processor, thread after thread."""

    def __init__(self, blocks: int, plan: Layout, cache: Path | None = None, threads: int = 5) -> None:
        target, reason = host()
        if target is None:
            raise RuntimeError(reason)
        code, _ = obtain(scalar_program(blocks, plan.start), target, cache)
        self.engine, addresses = load(code, target, *SIGNATURES)
        kinds = SIGNATURES.values()
        self.functions = {
            name: ctypes.CFUNCTYPE(None, *kind, LONG, LONG)(address)
            for name, kind, address in zip(SIGNATURES, kinds, addresses, strict=True)
        }
        self.threads = threads
        self.kept: list[np.ndarray] = []

    def put(self, array: np.ndarray) -> int:
        self.kept.append(array.copy())
        return int(self.kept[-1].ctypes.data)

    def get(self, address: int, array: np.ndarray) -> None:
        ctypes.memmove(array.ctypes.data, address, array.nbytes)

    def set(self, address: int, array: np.ndarray) -> None:
        ctypes.memmove(address, array.ctypes.data, array.nbytes)

    def free(self) -> None:
        self.kept.clear()

    def launch(self, name: str, arguments: Sequence[int]) -> None:
        for thread in range(self.threads):
            self.functions[name](*arguments, thread, self.threads)


class CudaDevice:
    """The first graphics processor of the machine, through libcuda."""

    def __init__(self, blocks: int, plan: Layout) -> None:
        self.driver = ctypes.CDLL("libcuda.so.1")
        self.call("cuInit", 0)
        self.device, self.context, self.module = ctypes.c_int(), ctypes.c_void_p(), ctypes.c_void_p()
        self.call("cuDeviceGet", ctypes.byref(self.device), 0)
        major, minor, units = (self.attribute(number) for number in (75, 76, 16))
        self.grid = 16 * units
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(self.context), self.device)
        self.call("cuCtxSetCurrent", self.context)
        text = ptx(blocks, plan.start, f"sm_{min(10 * major + minor, 90)}").encode()
        self.call("cuModuleLoadData", ctypes.byref(self.module), ctypes.c_char_p(text))
        self.functions = {name: ctypes.c_void_p() for name in SIGNATURES}
        for name, function in self.functions.items():
            self.call("cuModuleGetFunction", ctypes.byref(function), self.module, f"{name}_kernel".encode())
        self.kept: list[ctypes.c_uint64] = []

    def call(self, name: str, *arguments: Any) -> None:
        """A driver call; its error number as an exception."""
        error = getattr(self.driver, name)(*arguments)
        if error:
            raise RuntimeError(f"{name} failed with CUDA error {error}")

    def attribute(self, number: int) -> int:
        value = ctypes.c_int()
        self.call("cuDeviceGetAttribute", ctypes.byref(value), number, self.device)
        return value.value

    def put(self, array: np.ndarray) -> int:
        address = ctypes.c_uint64()
        self.call("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(array.nbytes))
        self.kept.append(address)
        self.set(address.value, np.ascontiguousarray(array))
        return address.value

    def set(self, address: int, array: np.ndarray) -> None:
        self.call("cuMemcpyHtoD_v2", ctypes.c_uint64(address), ctypes.c_void_p(array.ctypes.data),
                  ctypes.c_size_t(array.nbytes))

    def get(self, address: int, array: np.ndarray) -> None:
        self.call("cuMemcpyDtoH_v2", ctypes.c_void_p(array.ctypes.data), ctypes.c_uint64(address),
                  ctypes.c_size_t(array.nbytes))

    def launch(self, name: str, arguments: Sequence[int]) -> None:
        values = [kind(value) for kind, value in zip(SIGNATURES[name], arguments, strict=True)]
        pointers = (ctypes.c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
        self.call("cuLaunchKernel", self.functions[name], self.grid, 1, 1, THREADS, 1, 1, 0, None, pointers, None)
        self.call("cuCtxSynchronize")

    def free(self) -> None:
        """Give the memory back."""
        for address in self.kept:
            self.call("cuMemFree_v2", address)
        self.kept.clear()


class DeviceSearch:
    """A problem on a device: one launch for each block of labels of each slice."""

    def __init__(self, problem: Problem, device: Device, plan: Layout, size: int = SLICE) -> None:
        self.problem, self.device, self.plan, self.size = problem, device, plan, size
        self.judge, self.counts = Judge(problem), Counts()
        self.hits: list[tuple[int, int]] = []
        self.context, self.rows = device.put(context(problem)), device.put(rows(problem))
        self.masks = device.put(mask_table(problem, plan, 1))
        self.flips = device.put(np.array(flips(problem), dtype=np.uint32))
        self.queues = [device.put(np.zeros((ROWS, size), dtype=np.uint32)) for _ in range(2)]
        self.cells = device.put(np.zeros(problem.blocks + 1, dtype=np.int64))
        self.doubts = device.put(np.zeros((size, 2), dtype=np.uint32))

    def run(self, first: int, count: int) -> None:
        """Tries first .. first + count - 1."""
        for start in range(first, first + count, self.size):
            self.slice(start, min(self.size, first + count - start))

    def slice(self, first: int, count: int) -> None:
        problem, device = self.problem, self.device
        cells, lengths = self.cells, np.zeros(problem.blocks + 1, dtype=np.int64)
        device.set(cells, lengths)
        doubted = cells + 8 * problem.blocks
        waiting = count
        self.counts.add(count, count * (problem.tail_blocks + 1))
        for block in range(problem.blocks):
            self.counts.add(0, waiting)
            row, source, target = self.rows + 4 * ROW * block, self.queues[block % 2], self.queues[1 - block % 2]
            sinks = (target, self.size, cells + 8 * block, self.doubts, doubted)
            if block == 0:
                plan = (self.plan.inner, len(problem.free), first, count)
                device.launch("begin", [self.context, self.masks, row, self.flips, *plan, *sinks])
            else:
                device.launch("resume", [self.context, row, block, source, self.size, waiting, *sinks])
            device.get(cells, lengths)
            waiting = int(lengths[block])
        self.collect(first, waiting, int(lengths[-1]), target)

    def collect(self, first: int, found: int, doubted: int, queue: int) -> None:
        """Read the hits, and settle the tries that may have met a rejected word."""
        index, matches = np.zeros(found, dtype=np.uint32), np.zeros(found, dtype=np.uint32)
        doubts = np.zeros((doubted, 2), dtype=np.uint32)
        for array, address in ((index, queue + 4 * INDEX * self.size), (matches, queue + 4 * MATCHES * self.size),
                               (doubts, self.doubts)):
            if array.size:
                self.device.get(address, array)
        self.hits += [(first + int(i), int(k)) for i, k in zip(index, matches, strict=True)]
        for i, block in doubts.tolist():
            result, compressions = self.judge.decide(first + i)
            self.counts.add(0, compressions - (self.problem.tail_blocks + 2 + block))
            if result is not None:
                self.hits.append((first + i, result))
        self.hits.sort()


def device_layout(problem: Problem) -> Layout:
    """Small groups, since a graphics processor wants many threads."""
    return layout(problem, 1, MOST_INNER)


@cache
def open_device(blocks: int, plan: Layout) -> Device:
    """The first graphics processor with the program for such problems loaded, kept open for the next search. ArenaError
    without a driver."""
    try:
        return CudaDevice(blocks, plan)
    except (OSError, RuntimeError) as error:
        raise ArenaError(f"grinding on CUDA: {error}") from None


def search_cuda(problem: Problem, first: int, count: int) -> DeviceSearch:
    """Search a range on the first graphics processor: hits and counts are in what is returned. ArenaError without a
    driver."""
    plan = device_layout(problem)
    device = open_device(problem.tail_blocks, plan)
    try:
        found = DeviceSearch(problem, device, plan)
        found.run(first, count)
    finally:
        device.free()
    return found
