"""The demo CRM's screens."""
