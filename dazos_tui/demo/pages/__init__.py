"""The demo CRM's pages."""
