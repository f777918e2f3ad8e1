"""The embedded demo CRM: for trying dazos-tui, and the server that its tests run against."""
