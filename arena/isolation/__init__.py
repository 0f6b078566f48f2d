"""Floor 2: what keeps an agent in his own process: limits, the door that messages pass, the kernel's sandbox."""
