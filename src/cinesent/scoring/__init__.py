"""Scoring of whole files: rows stream in, are predicted chunk by chunk, and stream out.

================== ================================================================================
`score`            what users call: :func:`~cinesent.scoring.score.score_file`
`summary`          what it returns
`job`              one run, from the first row to the last
`pipeline`         chunks to scores, in threads or in worker processes
`result_format`    which format the result has
`outputs`          the encoder for a format, and the conversion at the end
`added_columns`    the columns that are added: names and values
`encoders`         what all encoders share, plain lines and gzip
`csv_encoder`      CSV and TSV
`json_encoder`     JSON Lines
`parquet_result`   Parquet, made from JSON Lines at the end
`sinks`            opens where bytes go: a `sink`, that is a `file_sink` or a `stream_sink`
`part`             the unfinished result
`journal`          how much of it counts
`hidden_files`     the names of these two, and whose they are
================== ================================================================================

Rows are read by :mod:`cinesent.tables`. Two rules make a resumed run equal to an undisturbed one,
byte for byte: where a chunk ends depends on the input alone, and a chunk is written whole or not at
all.
"""

from __future__ import annotations

from cinesent.scoring.score import score_file
from cinesent.scoring.summary import ScoreSummary

__all__ = ["ScoreSummary", "score_file"]
