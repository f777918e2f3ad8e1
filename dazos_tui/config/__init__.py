"""The config file: its models, loading, editing, and messages about its mistakes."""
