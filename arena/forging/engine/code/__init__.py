"""What emits the programs that grind."""
