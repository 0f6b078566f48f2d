"""The index of papers: its subject is a list of `arena.report.papers.Entry`."""
