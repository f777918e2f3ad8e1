"""What makes the documents' tables and pictures, from the app itself."""
