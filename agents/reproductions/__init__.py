"""Papers played again, one file each (`arena reproduce`)."""
