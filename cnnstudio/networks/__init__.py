"""One network per file: a constant NETWORK with its layers, its year and its citation. Found by scanning."""
