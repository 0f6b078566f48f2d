"""What runs them: processor, graphics processor, plain numpy."""
