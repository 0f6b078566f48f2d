"""Grinding of level-2 keys: flip free bits of the last image block until enough hash labels equal the wanted ones.

`search` is the entry; `emit` and `stages` write LLVM IR, `streams` the same with the processor's SHA instructions,
`driver` strings the stages together, `kernel` compiles and caches it, `kinds` measures which kind is faster here,
`plain` is the hashlib fallback and the oracle, `thresholds` decides when a try is worth another label block.
"""
