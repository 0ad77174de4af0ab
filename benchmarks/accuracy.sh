#!/usr/bin/env bash
# Every accuracy in docs/results.md, from raw reviews to JSON: about nine hours on two CPU cores.
#   CINESENT_DATA=aclImdb_v1.tar.gz benchmarks/accuracy.sh [FOLDER FOR MODELS]
# The validation reviews choose; the test reviews are scored once, at the end. What is interrupted goes
# on where it was: finished models are kept, an unfinished one is resumed.
set -euo pipefail
cd "$(dirname "$0")/.."
models=${1:-runs/accuracy}
results=benchmarks/results
mkdir -p "$models" "$results"

learn() {  # recipe, seed
  local out=$models/$1-$2 resume=()
  if [ -e "$out.checkpoint/run.json" ]; then resume=(--resume); fi
  if [ ! -e "$out/manifest.json" ] || [ ${#resume[@]} -gt 0 ]; then
    cinesent train --config "models/$1.toml" --data imdb --seed "$2" --out "$out" "${resume[@]}"
  fi
  for split in validation test; do
    cinesent evaluate --model "$out" --data imdb --split $split --json > "$results/$1-$2-$split.json"
  done
}

learn classic 0
for seed in 0 1 2; do
  learn default $seed
  learn accurate $seed
  # The same reviews, the same split: McNemar's test between the two and against the n-grams.
  cinesent compare --data imdb --seed $seed --test --json \
    --models "nb-lr,$models/default-$seed,$models/accurate-$seed" > "$results/compared-$seed.json"
done
cinesent compare --data imdb --models majority,bow-lr,nb-lr,multi-hot-dense --test --json > "$results/baselines.json"
python -m benchmarks.seeds default accurate
