"""CNN Studio: why does a convolutional network beat a fully connected one on images, and when does it not?"""

__version__ = "0.1.0"
