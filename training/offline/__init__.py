"""Files of any size, classified in constant memory on all cores."""
