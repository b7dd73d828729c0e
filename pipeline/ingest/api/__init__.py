"""Partners' HTTPS interfaces: asked by subject, page by page."""
