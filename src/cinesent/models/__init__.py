"""Models: the LSTM in Keras 3, the language model, and the baselines they are compared with."""
