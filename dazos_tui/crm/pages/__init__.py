"""Parsers from the text of a page to models: pure functions, which raise only subclasses of CrmError."""
