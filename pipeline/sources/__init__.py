"""What is known of sources: outages, suspensions, and the scores of their batches."""
