"""Keys whose images are answered as a hash wants it."""
