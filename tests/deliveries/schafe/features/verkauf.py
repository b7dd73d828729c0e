"""The sheep, as they are sold."""

from features.engine.spec import Request

verkauf = Request("markt__verkauf").columns("rasse", "gewicht_kg", "ist_geschoren")
