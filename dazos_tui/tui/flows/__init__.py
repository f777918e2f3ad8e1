"""What can be done on the screen of an instance, each thing from its first step to its last."""
