"""The state of sources: outages, suspensions, and the scores of their batches."""
