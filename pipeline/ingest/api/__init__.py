"""Partners' HTTPS interfaces, which are asked for records by subject, page by page."""
