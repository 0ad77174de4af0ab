"""How fast and how small prediction is, beside other ways to the same answer.

    python -m benchmarks.predicting --model model --data imdb --out results.json --plot results.png

One run on one machine: every contestant lives in a process of its own, they take turns, and medians
and percentiles are kept. What is not installed is a row that says so (requirements.txt beside the
README lists the versions the published numbers were made with).
"""
