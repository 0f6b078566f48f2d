"""Pages of the documentation that are written from schema and docstrings, so that they say what the code does."""
