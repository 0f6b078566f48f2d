"""What is done to a stolen model's weights."""
