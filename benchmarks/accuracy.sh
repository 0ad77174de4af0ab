#!/usr/bin/env bash
# Every accuracy in docs/results.md, from raw reviews to JSON: about five hours on two CPU cores, the sum of its parts.
#   CINESENT_DATA=aclImdb_v1.tar.gz benchmarks/accuracy.sh [FOLDER FOR MODELS]
# The validation reviews choose; the test reviews are scored once, at the end. What is interrupted goes
# on where it was: finished models are kept, an unfinished one is resumed. The seeds of `accurate` share
# a language model, which reads no label; its perplexity is measured on reviews that seed 0 holds out.
set -euo pipefail
cd "$(dirname "$0")/.."
models=${1:-runs/accuracy}
results=benchmarks/results
mkdir -p "$models" "$results"

made() { [ -e "$models/$1/manifest.json" ] && [ ! -e "$models/$1.checkpoint/run.json" ]; }

learn() {  # name, what to do, options: a model or a language model in the folder of models
  local out=$models/$1 command=$2 resume=()
  shift 2
  if [ -e "$out.checkpoint/run.json" ]; then resume=(--resume); fi
  cinesent "$command" --data imdb --out "$out" "$@" "${resume[@]}"
}

score() {  # name
  for split in validation test; do
    cinesent evaluate --model "$models/$1" --data imdb --split $split --json > "$results/$1-$split.json"
  done
  cinesent evaluate --model "$models/$1" --data rotten-tomatoes --json > "$results/$1-rotten-tomatoes.json"
}

made language-model || learn language-model pretrain --preset accurate
made classic-0 || learn classic-0 train --preset classic
for seed in 0 1 2; do
  made default-$seed || learn default-$seed train --preset default --seed $seed
  made accurate-$seed ||
    learn accurate-$seed train --preset accurate --from "$models/language-model" --seed $seed
done

# A model small enough for the package: the LSTM of accurate-0 once more, to the bit, and fewer n-grams.
made compact-0 || learn compact-0 train --preset compact --from "$models/language-model"

score classic-0
score compact-0
for seed in 0 1 2; do
  score default-$seed
  score accurate-$seed
  # The same reviews, the same split: McNemar's test between the two and against the n-grams.
  cinesent compare --data imdb --seed $seed --test --json \
    --models "nb-lr,$models/default-$seed,$models/accurate-$seed" > "$results/compared-$seed.json"
done
cinesent compare --data imdb --models majority,bow-lr,nb-lr,multi-hot-dense --test --json > "$results/baselines.json"
python -m benchmarks.seeds default accurate
