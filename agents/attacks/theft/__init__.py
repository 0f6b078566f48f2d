"""Models made from stolen ones, or from none."""
