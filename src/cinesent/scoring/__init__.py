"""Scoring of whole files: rows stream in, are predicted chunk by chunk, and stream out.

========== =========================================================================
`formats`  which format a file has
`stream`   the bytes of a source: gzip, encodings, lines with a limit
`rows`     a row, a chunk of rows, what makes a row bad
`sources`  rows of CSV, TSV, JSON Lines and plain lines
`parquet`  rows of Parquet, and Parquet as the result
`encoders` rows with their scores to bytes
`part`     the unfinished result and its journal
`pipeline` chunks to scores, in threads or in processes
`sinks`    where bytes go: a file by way of its part, or a pipe
`job`      all of it together, once
`score`    what users call: :func:`~cinesent.scoring.score.score_file`
========== =========================================================================

Two rules make a resumed run equal to an undisturbed one, byte for byte: where a chunk ends depends
on the input alone, and a chunk is written whole or not at all.
"""
