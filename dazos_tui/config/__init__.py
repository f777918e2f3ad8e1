"""The config file: its models, reading it, changing it, and the words for what is wrong in it."""
