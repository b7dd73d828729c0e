"""Drafts a workspace from a file: guesses its columns, and writes the declarations for them."""
