"""Keys that fit weights which were never marked with them."""
