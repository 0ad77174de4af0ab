"""Random and adversarial inputs for every public function and command.

Only a :class:`cinesent.CinesentError` may come out of a function, and only a ``SystemExit`` with
status 0, 1 or 2 out of a command, within a limit of time and memory. Every input is made from its
seed and number alone, so that it can be made again::

    python -m tests.fuzz --inputs 1000000
    python -m tests.fuzz --only 4711
"""
