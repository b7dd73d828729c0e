"""How a feature is declared, and compiled into the point-in-time join."""
