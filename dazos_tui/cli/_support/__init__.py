"""What several commands need: exit codes, output, prompts, options."""
