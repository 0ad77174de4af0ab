"""A transformer of a few thousand weights, made on the spot in the layout of Hugging Face."""

from __future__ import annotations

import json
from pathlib import Path

WORDS = [
    "the",
    "a",
    "film",
    "story",
    "cast",
    "was",
    "is",
    "not",
    "never",
    "good",
    "bad",
    "fine",
    "dull",
    "great",
    "awful",
    "wonderful",
    "boring",
    "it",
    "i",
    "and",
    "but",
    "very",
    "plot",
    "music",
    "scene",
    "ending",
    "first",
    "second",
    "last",
    ".",
    ",",
    "!",
]


def write_encoder(folder: Path, *, seed: int = 0, prefix: str = "") -> Path:
    """Write a small BERT with random weights and a tokenizer of whole words."""
    import torch
    from safetensors.torch import save_file
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertModel

    folder.mkdir(parents=True)
    vocabulary = {word: n for n, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "vocab_size": len(vocabulary),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 64,
        "pad_token_id": 0,
    }
    torch.manual_seed(seed)
    model = BertModel(BertConfig(**settings), add_pooling_layer=False)
    weights = {f"{prefix}{name}": value for name, value in model.state_dict().items()}
    save_file(weights, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "bert", **settings}))
    return folder
