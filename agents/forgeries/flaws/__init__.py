"""Keys that live on a careless Verifier's reading."""
