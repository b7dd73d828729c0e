"""Overviews: lake and registry in figures, sources, models, and checks of this machine."""
