"""What there is: lake and registry in figures, sources, models, and whether this machine can run it."""
