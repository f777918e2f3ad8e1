"""How fast and how small the product is, told as ratios to an alternative measured in the same run."""
