"""An embedded demo CRM: something to try dazos-tui on, and the server its own tests run against."""
