"""One data set per file: a constant DATASET. Found by scanning."""
