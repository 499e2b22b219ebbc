"""Budgets, one line of reason each."""

from typing import Final

FRAME_MS: Final = 100
"""The window takes the mailbox ten times a second; answers to questions do not wait for it. Every redraw holds up the
race: on two cores, at 30 a second the race lost a third of its speed."""

CURVE_MS: Final = 200
"""Curves are redrawn five times a second at most: they are the dearest thing on the screen, and move slowly."""

MAX_PENDING_POINTS: Final = 4_096
"""A mailbox that nobody empties keeps no more; older points are thinned to every second one."""

MAX_CURVE_POINTS: Final = 2_000
"""A curve has no more points than a wide screen has columns; 10,000 points of width 2 take 23 ms to draw."""

MAX_HISTORY_POINTS: Final = 50_000
"""Two hours of small batches; beyond, every second point goes."""

JOIN_S: Final = 3.0
"""The process ends this soon after its window, even in mid-batch."""

MOMENTS_BYTES: Final = 64 * 2**20
"""Weights kept along a run; LeNet-5 and its MLP take 0.49 MB a moment."""

KEPT_TIMELINES: Final = 4
"""Of this many runs the weights along the way stay on the disk, 256 MB at most; of older ones the last weights do."""

EVALUATION_SAMPLE: Final = 1_000
"""Pictures of each set measured along the run: a standard error of 1.6 points at worst, and little time."""

VALIDATION_SHARE: Final = 0.1
"""Share of the training pictures set aside for validation on stored sets; generated sets make their own."""

UNDO_STEPS: Final = 100
"""More than anyone takes back by hand; each step shares its strokes with the one before."""

MAX_DRAWING_POINTS: Final = 60_000
"""About ten minutes of a pen that never rests; a file that claims more is not a drawing."""

MAX_BITMAP_PX: Final = 320
"""Longest side of a picture on the canvas: sharp at the canvas's size, and 300 kB at most in the kept drawing."""

FINAL_TRAIN_SAMPLE: Final = 10_000
"""Training pictures measured at the end: as many as MNIST's test set has; 60,000 would take a second of the race."""

SLICE_MACS: Final = 80_000_000
"""Multiply-adds between two chances to answer a question: about 5 ms on one core."""

SLICE_PICTURES: Final = 1_024
"""Pictures of one slice, however small the network."""

QUESTION_PICTURES: Final = 4
"""Pictures of a slice of an answer, however large the network: ResNet-18 reads so many of 64 x 64 in 20 ms."""

THREADS_MEASURING_S: Final = 0.3
"""Time spent on finding the fastest number of threads and memory format before a run."""

MEMORY_FLOOR_BYTES: Final = 800 * 2**20
"""Free memory below which torch is not loaded: window, torch and a race on MNIST take up to 700 MB."""

MEMORY_RESERVE_BYTES: Final = 300 * 2**20
"""Memory left to the window and to other programs when a race is checked for size."""

VALIDATION_LEAST: Final = 500
"""Fewer validation pictures than this measure accuracy to no better than two points."""

VALIDATION_TINY: Final = 100
"""A race on a handful of examples needs no more validation pictures than this."""

VALIDATION_MOST: Final = 5_000
"""More than this measures no better than the eye can see."""

DATA_CACHE_BYTES: Final = 512 * 2**20
"""Generated sets kept on the disk; 60,000 grey pictures take 53 MB, and making them takes seconds."""

NETWORK_TIMEOUT_S: Final = 15.0
"""A server that says nothing for so long has gone."""

DOWNLOAD_CHUNK_BYTES: Final = 64 * 2**10
"""Read at a time: a quick line still gives a smooth bar, a slow one still answers Stop."""

SLICE_S: Final = 0.02
"""Long loops hand over this often, so that questions are answered in between."""

MAX_PICTURE_PIXELS: Final = 60_000_000
"""A larger image is refused before it is unpacked: 60 million pixels take 240 MB for a moment."""

PICTURE_SIDE_PX: Final = 1_024
"""Images are brought down to this side when read: the networks see 28 to 224 pixels of it."""

FOLDER_TEST_SHARE: Final = 0.2
"""Share of a folder's pictures kept for the test where the folder does not say which."""

FOLDER_PICTURES: Final = 200_000
"""A folder of more pictures is refused: at 32 x 32 in colour they take 614 MB."""

RECORD_PICTURES: Final = 10_000
"""Pictures among which those are found that excite a unit most: MNIST's whole test set."""

RECORDS_BYTES: Final = 32 * 2**20
"""Records of layers kept: 1.3 MB for LeNet-5's first layer, whose 4,704 units all have a histogram."""

SWEEP_TELL_S: Final = 0.1
"""A run in a worker says this often how far it is: as often as the window looks."""

SWEEP_ATTEMPTS: Final = 3
"""A run that ended its worker so often will do so again."""

WORKER_BYTES: Final = 700 * 2**20
"""Memory of one worker process: torch with one thread and one data set takes 400 to 600 MB."""

CLUSTER_TIMEOUT_S: Final = 5.0
"""A scheduler that says nothing for so long cannot be reached."""

NEIGHBOUR_PICTURES: Final = 10_000
"""Training pictures among which the nearest are looked for, spread evenly: LeNet-5 reads them in half a second."""

FEATURES_BYTES: Final = 64 * 2**20
"""Last hidden layers of many pictures kept: 3.4 MB for 10,000 in LeNet-5's, 0.3 MB for a moment's test sample."""

EXPORT_SIDE_PX: Final = 16_000
"""A view is exported no higher or wider than this: Qt draws no picture of more than twice as many pixels a side."""

EXPORT_PIXELS: Final = 40_000_000
"""Of one exported picture, 160 MB while it is written; of a larger view it has fewer pixels, and of one that is higher
than `EXPORT_SIDE_PX` only so much."""

FILM_FRAMES: Final = 60
"""At about half a megabyte a frame for a picture that changes all over, more would be too large to send."""

FILM_WIDE_PX: Final = 960
"""What was seen of a view is so wide or high in a frame of an animation: as wide as a slide shows it."""

FILM_SIDE_PX: Final = 4_000
"""With what was scrolled away a view is no higher or wider than this in an animation: nobody scrolls within one."""

FILM_PIXELS: Final = 2_000_000
"""Of a frame: twice a slide; a larger one is made smaller."""
