"""What the audit trail says: releases, policy in use, redactions, and who did what."""
