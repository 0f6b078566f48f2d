"""Floor 6: from a YAML file to a validated cast."""
