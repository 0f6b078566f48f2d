"""Golden transcripts, of one thread: what is said, what is decided, and bounds on the figures. Not hashes: other
processors give other low bits."""
