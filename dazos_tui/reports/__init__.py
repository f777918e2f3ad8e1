"""A report of how the pages of an instance are built, without people, companies and secrets."""
