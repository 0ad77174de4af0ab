"""A pre-trained transformer, fine-tuned to teach the LSTM: needs the ``teacher`` extra."""
