"""What the reorder jobs read, decide in pieces and record."""
