"""From partners to bronze: one file per kind of connection, and the admission that all of them go through."""
