"""Terminal output, input and capabilities, below Textual."""
