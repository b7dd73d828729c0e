"""A workspace drafted from a file: what its columns are, guessed, and the declarations that say so."""
