"""How the app looks: which theme is on, and how another is chosen."""
