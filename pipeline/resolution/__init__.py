"""What a person decides about what stands: batches that were set aside, contracts that changed."""
