"""What the indexes of a database cost without serving anybody, and which are not there though they should be."""
