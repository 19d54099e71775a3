"""Files of rows: read, checked cell by cell, joined, split."""
