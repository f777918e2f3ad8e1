"""Widgets of the screens and dialogs."""
