"""The only way to stored data."""
