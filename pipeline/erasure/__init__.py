"""Erasure: its plan, its steps, its proof, and the orderly exit of a partner."""
