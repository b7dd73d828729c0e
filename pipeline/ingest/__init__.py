"""From partners to bronze: code for each kind of connection, and the admission that they share."""
