"""Grinding of level-2 keys: flip free bits of the last image block until enough hash labels equal the wanted ones.

`search` is the entry; `emit` and `stages` write LLVM IR, `driver` strings the stages together, `kernel` compiles and
caches it, `plain` is the hashlib fallback and the oracle, `thresholds` decides when a try is worth another label block.
"""
