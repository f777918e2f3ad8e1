"""The operating system: files, programs, the terminal, the clipboard, the event log, and standard paths."""
