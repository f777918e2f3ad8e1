"""The flows of a work screen: each covers one thing the user can do, from the first step to the last."""
