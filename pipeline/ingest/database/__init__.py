"""Partners' databases: ranges of a growing column, streamed by workers."""
