"""Which versions are in force: approvals, releases as they were shown, champions, and their pages."""
