"""What forging costs, and the engines that find out: hashing, grinding, adversarial examples, the cost model."""
