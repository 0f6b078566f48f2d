"""Floor 8: a paper's tables and figures beside ours."""
