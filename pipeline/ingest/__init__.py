"""From partners to bronze: one file per kind of connection, and the door that all of them go through."""
