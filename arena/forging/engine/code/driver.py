"""The search loop around the stages, in LLVM IR, so that a whole range of tries runs in one foreign call without
Python's lock.

A batch of lanes is filled prefix by prefix (the counter's high bits), hashed, and its survivors wait in one queue for
each label block until enough of them have come together to fill the vectors again.
"""

from __future__ import annotations

from arena.forging.engine.code.stages import BATCH, FIRST, INDEX, READY, ROW, ROWS, STRIDE

ARGUMENTS = (
    "context", "masks", "rows", "scratch", "hits", "doubts", "flips", "lengths",
    "stride", "inner", "bits", "blocks", "stop", "first", "count",
    "found", "doubted", "done", "seen",
)  # fmt: skip
PLACE = {name: i for i, name in enumerate(ARGUMENTS)}
POINTERS = frozenset(ARGUMENTS[:8])


def fetch(*names: str) -> str:
    """Load arguments from the array of 64-bit numbers that the caller passes."""
    lines = []
    for name in names:
        lines.append(f"%p.{name} = getelementptr i64, ptr %args, i64 {PLACE[name]}")
        lines.append(f"%{name} = load {'ptr' if name in POINTERS else 'i64'}, ptr %p.{name}, align 8")
    return "\n".join(lines)


def level_function() -> str:
    """Run the label stage of one queue over at most a batch of lanes and leave the rest in front."""
    return f"""
define internal void @level(ptr %args, i64 %block, i64 %top) {{
{fetch("context", "rows", "scratch", "hits", "doubts", "lengths", "stride", "blocks")}
%found = getelementptr i64, ptr %args, i64 {PLACE["found"]}
%doubted = getelementptr i64, ptr %args, i64 {PLACE["doubted"]}
%seen0 = getelementptr i64, ptr %args, i64 {PLACE["seen"]}
%seen = getelementptr i64, ptr %seen0, i64 %block
%following = add i64 %block, 1
%last = icmp eq i64 %following, %blocks
%row.o = mul i64 %block, {ROW}
%row = getelementptr i32, ptr %rows, i64 %row.o
%source.o = mul i64 %block, {ROWS * STRIDE}
%source = getelementptr i32, ptr %scratch, i64 %source.o
%queue = getelementptr i32, ptr %source, i64 {ROWS * STRIDE}
%waiting = getelementptr i64, ptr %lengths, i64 %following
%target = select i1 %last, ptr %hits, ptr %queue
%step = select i1 %last, i64 %stride, i64 {STRIDE}
%length = select i1 %last, ptr %found, ptr %waiting
%narrow = trunc i64 %block to i32
%above = sub i64 %top, {BATCH}
%deep = icmp sgt i64 %above, 0
%bottom = select i1 %deep, i64 %above, i64 0
call void @label(ptr %context, ptr %row, i32 %narrow, ptr %source, i64 %top, i64 %bottom, ptr %target, i64 %step,
 ptr %length, ptr %doubts, ptr %doubted, ptr %seen)
ret void
}}"""


def run_lines(width: int) -> str:
    """Run one queue of %have lanes, padded to whole vectors if %all; what is left over stays in it."""
    return f"""go:
%record.o = mul i64 %block, {ROWS * STRIDE}
%record = getelementptr i32, ptr %scratch, i64 %record.o
%indices = getelementptr i32, ptr %record, i64 {INDEX * STRIDE}
%raised = add i64 %have, {width - 1}
%whole = and i64 %raised, {-width}
br i1 %all, label %check, label %run
check:
%at = phi i64 [ %have, %go ], [ %after, %pad ]
%short = icmp slt i64 %at, %whole
br i1 %short, label %pad, label %run
pad:
%slot = getelementptr i32, ptr %indices, i64 %at
store i32 -1, ptr %slot, align 4
%after = add i64 %at, 1
br label %check
run:
%top = phi i64 [ %have, %go ], [ %whole, %check ]
%most = call i64 @llvm.smin.i64(i64 %top, i64 {BATCH})
%taken = and i64 %most, {-width}
%rest = sub i64 %top, %taken
store i64 %rest, ptr %place, align 8
call void @level(ptr %args, i64 %block, i64 %top)
br label %tail"""


def pending_function(width: int) -> str:
    """Go through the queues from the last to the first and run those with at least %least lanes; pad to whole vectors
    if %all."""
    return f"""
define internal void @pending(ptr %args, i64 %least, i1 %all) {{
entry:
{fetch("scratch", "lengths", "blocks")}
%from = sub i64 %blocks, 1
br label %head
head:
%block = phi i64 [ %from, %entry ], [ %lower, %tail ]
%some = icmp sgt i64 %block, 0
br i1 %some, label %look, label %done
look:
%place = getelementptr i64, ptr %lengths, i64 %block
%have = load i64, ptr %place, align 8
%ready = icmp sge i64 %have, %least
br i1 %ready, label %go, label %tail
{run_lines(width)}
tail:
%lower = sub i64 %block, 1
br label %head
done:
ret void
}}"""


def fill_function() -> str:
    """Flip the words of one prefix and hash the first tail block of its lanes into the batch."""
    return f"""
define internal void @fill(ptr %args, i64 %counter, i64 %lanes) {{
entry:
{fetch("context", "masks", "scratch", "flips", "inner", "bits", "first")}
%words = alloca [16 x i32], align 64
%original = getelementptr i32, ptr %context, i64 {FIRST}
call void @llvm.memcpy.p0.p0.i64(ptr align 64 %words, ptr align 4 %original, i64 64, i1 false)
br label %head
head:
%bit = phi i64 [ %inner, %entry ], [ %up, %tail ]
%more = icmp slt i64 %bit, %bits
br i1 %more, label %look, label %hash
look:
%shifted = lshr i64 %counter, %bit
%set = trunc i64 %shifted to i1
br i1 %set, label %flip, label %tail
flip:
%flip.o = shl i64 %bit, 1
%where = getelementptr i32, ptr %flips, i64 %flip.o
%mask.p = getelementptr i32, ptr %where, i64 1
%word = load i32, ptr %where, align 4
%mask = load i32, ptr %mask.p, align 4
%old.p = getelementptr i32, ptr %words, i32 %word
%old = load i32, ptr %old.p, align 4
%new = xor i32 %old, %mask
store i32 %new, ptr %old.p, align 4
br label %tail
tail:
%up = add i64 %bit, 1
br label %head
hash:
%out = getelementptr i32, ptr %scratch, i64 %lanes
%relative = sub i64 %counter, %first
%index = trunc i64 %relative to i32
%group = shl i64 1, %inner
call void @tail(ptr %context, ptr %words, ptr %masks, ptr %out, i32 %index, i64 %group)
ret void
}}"""


DECLARED = """declare i64 @llvm.smin.i64(i64, i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)"""


def drain_lines() -> str:
    """The end of the search: what waits in the queues is run, and the tries are counted."""
    return f"""ready:
br label %batch
drain:
%pass = phi i64 [ 1, %hash ], [ %passed, %flush ]
%unfinished = icmp slt i64 %pass, %blocks
br i1 %unfinished, label %flush, label %done
flush:
call void @pending(ptr %args, i64 1, i1 true)
%passed = add i64 %pass, 1
br label %drain
done:
%reached = call i64 @llvm.smin.i64(i64 %moved, i64 %end)
%tried = sub i64 %reached, %first
%p.done = getelementptr i64, ptr %args, i64 {PLACE["done"]}
store i64 %tried, ptr %p.done, align 8
ret void
}}"""


def search_function(width: int, blocks: int) -> str:
    """The entry: batches until the range is done or enough was found, then what waits in the queues."""
    second = "call void @second(ptr %context, ptr %scratch, i64 %added)" if blocks == 2 else ""
    return f"""
define void @search(ptr %args) {{
entry:
{fetch("context", "scratch", "lengths", "inner", "blocks", "stop", "first", "count")}
%end = add i64 %first, %count
%group = shl i64 1, %inner
%negative = sub i64 0, %group
%start = and i64 %first, %negative
br label %batch
batch:
%counter = phi i64 [ %start, %entry ], [ %moved, %ready ]
br label %fill
fill:
%at = phi i64 [ %counter, %batch ], [ %moved, %fill ]
%lanes = phi i64 [ 0, %batch ], [ %added, %fill ]
call void @fill(ptr %args, i64 %at, i64 %lanes)
%moved = add i64 %at, %group
%added = add i64 %lanes, %group
%room = icmp slt i64 %added, {BATCH}
%left = icmp slt i64 %moved, %end
%on = and i1 %room, %left
br i1 %on, label %fill, label %hash
hash:
{second}
call void @outer(ptr %context, ptr %scratch, i64 %added)
call void @level(ptr %args, i64 0, i64 %added)
call void @pending(ptr %args, i64 {READY}, i1 false)
%p.found = getelementptr i64, ptr %args, i64 {PLACE["found"]}
%p.doubted = getelementptr i64, ptr %args, i64 {PLACE["doubted"]}
%found = load i64, ptr %p.found, align 8
%doubted = load i64, ptr %p.doubted, align 8
%more = icmp slt i64 %moved, %end
%few = icmp slt i64 %found, %stop
%sure = icmp slt i64 %doubted, %stop
%both = and i1 %few, %sure
%again = and i1 %both, %more
br i1 %again, label %ready, label %drain
{drain_lines()}
{DECLARED}"""
