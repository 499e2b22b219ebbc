"""CNN Studio: why does a convolutional network beat a fully connected one on images, and when does it not?"""

from typing import Final

__version__: Final = "0.1.0"
