"""What a person decides about what stands: rows in quarantine, batches that were set aside, contracts that changed."""
