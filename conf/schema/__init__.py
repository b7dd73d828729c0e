"""Typed loaders of what a workspace declares, and the rules that they share."""
