"""The operating system: files, programs, the clipboard, the event log, and where things are on it."""
