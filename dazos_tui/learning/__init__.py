"""Learns from a recording of the administrator's own browser what an instance does differently."""
