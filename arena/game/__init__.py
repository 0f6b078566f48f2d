"""Floor 1: what is said and counted in a match, without torch: messages, notes, rules, transcript, ledger, rarity,
evidence."""
