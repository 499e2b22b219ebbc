"""The shared language of the program: dataclasses and arithmetic. No Qt, no torch."""
