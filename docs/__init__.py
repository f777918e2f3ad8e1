"""Programs that make tables and pictures of the documents from the app itself."""
