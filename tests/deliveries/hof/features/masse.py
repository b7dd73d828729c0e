"""What the other files of this folder share."""

KG = "menge_kg"
EVERY_FIELD = ("household_no",)
