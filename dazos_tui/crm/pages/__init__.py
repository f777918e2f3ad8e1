"""From the text of a page to models: pure functions, which raise nothing but the errors of the family."""
