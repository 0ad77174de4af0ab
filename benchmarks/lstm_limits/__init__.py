"""What moves the speed of the LSTMs when predicting: ways to run the same weights, side by side.

    python -m benchmarks.lstm_limits --model model [--data imdb] [--reviews 2000] [--out FILE]

Reviews are tokenized before the clock starts: this is the network alone. Each way is run on one
thread (reviews per second of processor time: a busy machine hardly moves it) and with a thread for
each core (reviews a second of the clock). Probabilities are held against the bundle's own graph.

Most of an LSTM's input product is repeated work in text: a word's vector gives the same product
each time the word comes. `Scan` and `NumPy` below multiply each distinct word of 1,024 reviews once
and gather the results; ONNX's LSTM operator cannot leave its input product out.
"""

import os

# One BLAS thread: the threads here are ours. Before NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
