"""One panel per file: a question and its view. Found by scanning."""
