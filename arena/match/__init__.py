"""Floor 7: a match, the processes that play in it, the folder that it leaves."""
