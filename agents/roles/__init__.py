"""Who plays: what an Owner, an Attacker, a Usurper and a Verifier say, and when; their helpers begin with `_`."""
