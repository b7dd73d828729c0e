"""People of the bank: their enrolment with a key of their own, and their release."""
