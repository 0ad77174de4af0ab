"""Models: the LSTM in Keras 3 and the linear baselines it is held against."""
