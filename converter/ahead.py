"""What the processes of `workers` are forked from: everything that any notebook needs, loaded once for all of them."""

import gc

from converter import workers

gc.set_threshold(workers.YOUNG)  # as in `cli.main`: the start takes a tenth less

import imagesize  # noqa: E402, F401 - most posts have an image
import ipython_pygments_lexers  # noqa: E402, F401 - most notebooks are in Python

from converter import check, light, look, pair, read  # noqa: E402, F401
