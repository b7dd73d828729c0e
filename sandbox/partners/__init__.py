"""Servers that stand in for partners."""
