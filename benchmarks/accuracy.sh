#!/usr/bin/env bash
# Every accuracy in docs/results.md, from raw reviews to JSON: about an hour on two CPU cores.
#   CINESENT_DATA=aclImdb_v1.tar.gz benchmarks/accuracy.sh [FOLDER FOR MODELS]
# The validation reviews choose; the test reviews are scored once, at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
models=${1:-runs/accuracy}
results=benchmarks/results
mkdir -p "$models" "$results"

for recipe in classic default; do
  cinesent train --config "models/$recipe.toml" --data imdb --seed 0 --out "$models/$recipe" --overwrite
  cinesent evaluate --model "$models/$recipe" --data imdb --split validation --json > "$results/$recipe-validation.json"
  cinesent evaluate --model "$models/$recipe" --data imdb --split test --json > "$results/$recipe-test.json"
done
cinesent compare --data imdb --models majority,bow-lr,nb-lr,multi-hot-dense --test --json > "$results/baselines.json"
