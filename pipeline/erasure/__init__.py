"""Erasure: what is to go, its steps, its proof, and the orderly exit of a partner."""
