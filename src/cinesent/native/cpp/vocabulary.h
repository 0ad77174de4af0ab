// The ids of tokens, and of the forms of words that are not in the vocabulary: section 3 of
// docs/tokenizer.md. The same as cinesent/text/second_chance.py.
#pragma once

#include <stdint.h>
#include <string.h>

namespace {

typedef uint8_t Byte;

constexpr int32_t UNKNOWN = 1;

bool is_digit(Byte c) { return c >= '0' && c <= '9'; }

struct Vocabulary {
  const Byte* tokens;
  const int64_t* offsets;
  const int32_t* slots;  // the index of a token and 1, or 0
  uint64_t mask, seed;
  int64_t longest;
  int32_t rules;
};

uint64_t hash_of(const Byte* token, int64_t size, uint64_t seed) {
  uint64_t hash = seed ^ static_cast<uint64_t>(size);
  for (int64_t index = 0; index < size; ++index) {
    hash = (hash ^ token[index]) * 0x9e3779b97f4a7c15ull;
    hash ^= hash >> 29;
  }
  return hash ^ (hash >> 32);
}

int32_t look_up(const Vocabulary& vocabulary, const Byte* token, int64_t size) {
  if (size > vocabulary.longest) return 0;
  uint64_t slot = hash_of(token, size, vocabulary.seed) & vocabulary.mask;
  while (const int32_t found = vocabulary.slots[slot]) {
    const int32_t id = found - 1;
    const int64_t start = vocabulary.offsets[id];
    if (vocabulary.offsets[id + 1] - start == size &&
        !memcmp(vocabulary.tokens + start, token, static_cast<size_t>(size)))
      return id;
    slot = (slot + 1) & vocabulary.mask;
  }
  return 0;
}

// Runs of three or more of one character become `kept` of them; returns the size.
int64_t squeeze(const Byte* token, int64_t size, int64_t kept, Byte* out) {
  int64_t length = 0;
  for (int64_t place = 0; place < size;) {
    int64_t end = place + 1;
    while (end < size && token[end] == token[place]) ++end;
    const int64_t count = end - place > 2 ? kept : end - place;
    for (int64_t index = 0; index < count; ++index) out[length++] = token[place];
    place = end;
  }
  return length;
}

// A score out of 5, 10 or 100 as one out of ten: `signs` of second_chance.py.
int32_t score_id(const Vocabulary& vocabulary, const Byte* token, int64_t size) {
  int64_t place = 0;
  double value = 0;
  while (place < size && place < 3 && is_digit(token[place])) value = value * 10 + (token[place++] - '0');
  if (!place) return UNKNOWN;
  if (place + 1 < size && token[place] == '.' && is_digit(token[place + 1])) {
    value = (value * 10 + (token[place + 1] - '0')) / 10;
    place += 2;
  }
  const Byte* rest = token + place;
  const int64_t left = size - place;
  const double best = left == 2 && !memcmp(rest, "/5", 2)     ? 5
                      : left == 3 && !memcmp(rest, "/10", 3)  ? 10
                      : left == 4 && !memcmp(rest, "/100", 4) ? 100
                                                              : 0;
  if (best == 0) return UNKNOWN;
  const double rounded = static_cast<double>(static_cast<int64_t>(10 * value / best + 0.5));
  const int64_t score = rounded > 10 ? 10 : static_cast<int64_t>(rounded);
  const Byte ten[] = {'1', '0', '/', '1', '0'}, less[] = {static_cast<Byte>('0' + score), '/', '1', '0'};
  const int32_t id = score == 10 ? look_up(vocabulary, ten, 5) : look_up(vocabulary, less, 4);
  return id ? id : UNKNOWN;
}

// The most frequent word that is one letter away: `corrected` of second_chance.py.
int32_t corrected(const Vocabulary& vocabulary, const Byte* token, int64_t size) {
  constexpr int64_t SHORTEST = 7, SHORTEST_CHANGED = 8, LONGEST = 24;
  constexpr int32_t FREQUENT = 8000;
  if (size < SHORTEST || size > LONGEST) return UNKNOWN;
  for (int64_t place = 0; place < size; ++place)
    if (token[place] < 'a' || token[place] > 'z') return UNKNOWN;
  int32_t best = FREQUENT;
  Byte word[LONGEST + 1];
  const auto keep = [&](int64_t length) {
    const int32_t id = look_up(vocabulary, word, length);
    if (id && id < best) best = id;
  };
  for (int64_t place = 1; place <= size; ++place) {
    const size_t head = static_cast<size_t>(place), tail = static_cast<size_t>(size - place);
    memcpy(word, token, head);
    if (tail) {  // without a letter; with two exchanged
      memcpy(word + head, token + head + 1, tail - 1);
      keep(size - 1);
    }
    if (tail > 1) {
      memcpy(word + head, token + head, tail);
      word[head] = token[head + 1];
      word[head + 1] = token[head];
      keep(size);
    }
    for (Byte letter = 'a'; letter <= 'z'; ++letter) {
      word[head] = letter;
      memcpy(word + head + 1, token + head, tail);
      keep(size + 1);
      if (size < SHORTEST_CHANGED) continue;
      if (tail) memcpy(word + head + 1, token + head + 1, tail - 1);
      keep(tail ? size : size + 1);
    }
  }
  return best < FREQUENT ? best : UNKNOWN;
}

// A form of a word that is not in the vocabulary, nearest first: `forms` of second_chance.py.
int32_t second_chance(const Vocabulary& vocabulary, const Byte* token, int64_t size, Byte* scratch) {
  static const struct {
    const char* text;
    int64_t size;
    bool or_e;
  } SUFFIXES[] = {{"'s", 2, false}, {"s", 1, false},   {"es", 2, false},   {"ed", 2, true},
                  {"d", 1, false},  {"ing", 3, true},  {"ly", 2, false},   {"er", 2, true},
                  {"est", 3, true}, {"ness", 4, false}, {"ish", 3, false}, {"y", 1, false},
                  {"like", 4, false}};
  const int64_t squeezed = squeeze(token, size, 2, scratch);
  if (squeezed != size) {
    if (const int32_t id = look_up(vocabulary, scratch, squeezed)) return id;
    const int64_t single = squeeze(token, size, 1, scratch);
    if (const int32_t id = look_up(vocabulary, scratch, single)) return id;
  }
  for (const auto& suffix : SUFFIXES) {
    const int64_t stem = size - suffix.size;
    if (stem <= 3 || memcmp(token + stem, suffix.text, static_cast<size_t>(suffix.size))) continue;
    if (const int32_t id = look_up(vocabulary, token, stem)) return id;
    if (!suffix.or_e || stem >= vocabulary.longest) continue;
    memcpy(scratch, token, static_cast<size_t>(stem));
    scratch[stem] = 'e';
    if (const int32_t id = look_up(vocabulary, scratch, stem + 1)) return id;
  }
  if (vocabulary.rules == 1) return UNKNOWN;
  const int32_t id = score_id(vocabulary, token, size);
  return id == UNKNOWN ? corrected(vocabulary, token, size) : id;
}

// Whether a run of marks is a rating: asterisks keep their number up to five.
bool is_rating(const Byte* token, int64_t size) {
  if (size > 5) return false;
  for (int64_t place = 0; place < size; ++place)
    if (token[place] != '*') return false;
  return true;
}

int32_t id_of(const Vocabulary& vocabulary, const Byte* token, int64_t size, Byte* scratch) {
  const int32_t id = look_up(vocabulary, token, size);
  return id ? id : second_chance(vocabulary, token, size, scratch);
}

}  // namespace
