"""Permitted uses of subjects' data, the effect of withdrawals, and the steps to repeat after a restore."""
