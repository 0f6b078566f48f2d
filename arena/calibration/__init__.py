"""Floor 8: whether a scheme's null is one that innocents obey: honest keys scored against innocent hosts."""
