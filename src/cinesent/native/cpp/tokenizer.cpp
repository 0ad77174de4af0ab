// The tokenizer of docs/tokenizer.md for Latin-1 text. The same as cinesent/text/clean.py and
// tokenizer.py: where a text needs more than Latin-1 (an entity, a letter that Unicode's NFKC
// takes out of it), the caller is told to let Python tokenize it.
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "vocabulary.h"

#if defined(_WIN32)
#define EXPORT extern "C" __declspec(dllexport)
#else
#define EXPORT extern "C" __attribute__((visibility("default")))
#endif

namespace {

constexpr int64_t NOT_HERE = -1, OUT_OF_MEMORY = -2;
// As in clean.py: the characters of a tag and of a comment at most, and of a run of symbols.
constexpr int64_t LONGEST_TAG = 300, LONGEST_COMMENT = 1000, LONGEST_RUN = 64;

// Lower-cased text has no other letters: the feminine and masculine ordinals become a and o.
bool is_letter(Byte c) { return (c >= 'a' && c <= 'z') || (c >= 0xdf && c != 0xf7); }
bool is_word(Byte c) { return is_letter(c) || is_digit(c) || c == '_'; }
bool is_ascii_letter(Byte c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_one_of(Byte c, const char* set) { return c && strchr(set, c); }

struct Text {
  const Byte* at;
  int64_t size;
  Byte get(int64_t place) const { return place < size ? at[place] : 0; }
};

// The length of the tag or comment that begins at `place`, or 0.
int64_t tag_at(const Text& text, int64_t place) {
  if (text.get(place) != '<') return 0;
  int64_t next = place + 1;
  if (text.get(next) == '/') ++next;
  if (is_ascii_letter(text.get(next))) {
    ++next;
    for (int64_t count = 0; next < text.size; ++next, ++count) {
      if (text.at[next] == '>') return next + 1 - place;
      if (text.at[next] == '<' || count == LONGEST_TAG) return 0;
    }
    return 0;
  }
  if (text.size - place < 4 || memcmp(text.at + place, "<!--", 4)) return 0;
  next = place + 4;
  for (int64_t count = 0; count <= LONGEST_COMMENT; ++next, ++count) {
    if (text.size - next < 3) return 0;
    if (!memcmp(text.at + next, "-->", 3)) return next + 3 - place;
    if (text.size - next >= 4 && !memcmp(text.at + next, "<!--", 4)) return 0;
  }
  return 0;
}

bool begins_entity(const Text& text, int64_t place) {
  if (place + 1 >= text.size) return false;
  const Byte next = text.at[place + 1];
  return next == '#' || !(next == '\t' || next == '\n' || next == '\f' || next == ' ' ||
                          next == '<' || next == '&' || next == ';');
}

// What a character beyond ASCII becomes, and ` as well; null: it stays; "?": Python has to do it.
const char* replacement(Byte c) {
  switch (c) {
    case '`': case 0x91: case 0x92: case 0xb4: return "'";
    case 0x85: return "...";
    case 0x93: case 0x94: case 0xab: case 0xbb: return "\"";
    case 0x96: return "-";
    case 0x97: return " - ";
    case 0xa0: return " ";
    case 0xa8: case 0xad: return "";
    case 0xaa: return "a";
    case 0xba: return "o";
    case 0xb2: return "2";
    case 0xb3: return "3";
    case 0xb9: return "1";
    case 0xbc: return " 1/4";
    case 0xbd: return " 1/2";
    case 0xbe: return " 3/4";
    case 0xaf: case 0xb5: case 0xb8: return "?";  // a macron, a mu and a cedilla leave Latin-1
    default: return nullptr;
  }
}

// Replaces characters; returns the new size, or NOT_HERE. `out` has four bytes for each of `text`.
int64_t normalise(const Text& text, Byte* out) {
  int64_t size = 0, run = 0;
  for (int64_t place = 0; place < text.size; ++place) {
    const Byte c = text.at[place];
    run = c < 0x80 ? 0 : run + 1;
    if (run > LONGEST_RUN || (c == '&' && begins_entity(text, place))) return NOT_HERE;
    const char* other = c < 0x80 && c != '`' ? nullptr : replacement(c);
    if (!other) {
      out[size++] = c;
    } else {
      if (*other == '?') return NOT_HERE;
      for (; *other; ++other) out[size++] = static_cast<Byte>(*other);
    }
  }
  return size;
}

// Removes tags and lower-cases; control characters and runs of white space become one space.
int64_t clean(const Text& text, Byte* out) {
  int64_t size = 0, place = 0;
  bool space = false, opening = false;
  while (place < text.size) {
    Byte c = text.at[place];
    const int64_t tag = c == '<' ? tag_at(text, place) : 0;
    place += tag ? tag : 1;
    if (tag || c <= ' ' || (c >= 0x7f && c <= 0x9f)) {
      space = true;
      continue;
    }
    if (space && size) out[size++] = ' ';
    space = false;
    opening = opening || c == '<';
    if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7)) c += 32;
    out[size++] = c;
  }
  if (opening) {
    const Text cleaned = {out, size};
    // What looks like a tag only now is rare.
    for (int64_t index = 0; index < size; ++index)
      if (out[index] == '<' && tag_at(cleaned, index)) return NOT_HERE;
  }
  return size;
}

int64_t digits_from(const Text& text, int64_t place) {
  while (is_digit(text.get(place))) ++place;
  return place;
}

int64_t word_end(const Text& text, int64_t place) {
  for (;;) {
    while (is_letter(text.get(place))) ++place;
    if (text.get(place) != '\'' || !is_letter(text.get(place + 1))) return place;
    ++place;
  }
}

// The end of one of `endings`, separated by spaces, that no word character follows; else `place`.
int64_t ending_end(const Text& text, int64_t place, const char* endings) {
  while (*endings) {
    int64_t next = place;
    bool same = true;
    for (; *endings && *endings != ' '; ++endings) {
      same = same && text.get(next) == static_cast<Byte>(*endings);
      ++next;
    }
    if (same && !is_word(text.get(next))) return next;
    if (*endings) ++endings;
  }
  return place;
}

int64_t number_end(const Text& text, int64_t place) {
  const int64_t whole = digits_from(text, place);
  int64_t score = whole;
  if (text.get(whole) == '.' && is_digit(text.get(whole + 1))) score = digits_from(text, whole + 1);
  if (text.get(score) == '/' && is_digit(text.get(score + 1))) return digits_from(text, score + 1);
  int64_t end = whole;
  while ((text.get(end) == '.' || text.get(end) == ',') && is_digit(text.get(end + 1)))
    end = digits_from(text, end + 1);
  return ending_end(text, end, "s st nd rd th d");
}

int64_t emoticon_end(const Text& text, int64_t place) {
  int64_t mouth = place + 1;
  if (is_one_of(text.get(mouth), "-o*'")) ++mouth;
  int64_t end = mouth;
  while (is_one_of(text.get(end), ")(][dp/\\|3")) ++end;
  for (; end > mouth; --end)
    if (!is_word(text.get(end))) return end;
  return place;
}

// The end of the token that begins at `place`, which is no space.
int64_t token_end(const Text& text, int64_t place) {
  const Byte c = text.at[place];
  if (is_letter(c)) return word_end(text, place);
  if (is_digit(c)) return number_end(text, place);
  if (is_one_of(c, ".!?*$-")) {
    int64_t end = place;
    while (is_one_of(text.get(end), ".!?*$-")) ++end;
    return end;
  }
  int64_t end = place;
  if (is_one_of(c, ":;=")) end = emoticon_end(text, place);
  if (c == '(') {
    const int64_t eyes = is_one_of(text.get(place + 1), "-o*'") ? place + 2 : place + 1;
    if (is_one_of(text.get(eyes), ":;=") && !is_word(text.get(eyes + 1))) end = eyes + 1;
  }
  if (c == '<' && text.get(place + 1) == '3') end = place + 2;
  if (c == '\'') {
    end = ending_end(text, place + 1, "s m d re ve ll");
    if (end == place + 1) return end;
  }
  return end > place ? end : place + 1;
}

// The size of the contraction that token[1:] ends with, or 0.
int64_t contraction_size(const Byte* token, int64_t size) {
  static const struct {
    const char* text;
    int64_t size;
  } CONTRACTIONS[] = {{"n't", 3}, {"'s", 2}, {"'m", 2}, {"'d", 2}, {"'re", 3}, {"'ve", 3}, {"'ll", 3}};
  for (const auto& one : CONTRACTIONS)
    if (size - 1 >= one.size &&
        !memcmp(token + size - one.size, one.text, static_cast<size_t>(one.size)))
      return one.size;
  return 0;
}

// Writes the ids of a token, several for a contraction; returns how many.
int64_t write_token(const Vocabulary& vocabulary, const Byte* token, int64_t size, Byte* scratch,
                    int32_t* ids) {
  if (size > 2 && memchr(token, '\'', static_cast<size_t>(size))) {
    int64_t count = 0, end = size;
    while (const int64_t part = contraction_size(token, end)) {
      ids[count++] = id_of(vocabulary, token + end - part, part, scratch);
      end -= part;
    }
    ids[count++] = id_of(vocabulary, token, end, scratch);
    for (int64_t one = 0, other = count - 1; one < other; ++one, --other) {
      const int32_t id = ids[one];
      ids[one] = ids[other];
      ids[other] = id;
    }
    return count;
  }
  if (size > 2 && is_one_of(token[0], ".!?*$-")) {
    if (token[0] == '.') {
      token = reinterpret_cast<const Byte*>("...");
      size = 3;
    } else if (vocabulary.rules == 1 || !is_rating(token, size)) {
      size = 2;
    }
  }
  ids[0] = id_of(vocabulary, token, size, scratch);
  return 1;
}

}  // namespace

// Fills `slots`, zeroed, whose number is a power of two above the number of tokens. The first two
// tokens are special and cannot be found.
EXPORT int32_t cinesent_index_tokens(const Byte* tokens, const int64_t* offsets, int64_t count,
                                     uint64_t seed, int32_t* slots, int64_t num_slots) {
  if (count < 0 || num_slots <= count || (num_slots & (num_slots - 1))) return cinesent::BAD_ARGUMENT;
  const uint64_t mask = static_cast<uint64_t>(num_slots) - 1;
  for (int64_t id = 2; id < count; ++id) {
    const int64_t size = offsets[id + 1] - offsets[id];
    if (size <= 0) continue;  // not in Latin-1
    uint64_t slot = hash_of(tokens + offsets[id], size, seed) & mask;
    while (slots[slot]) slot = (slot + 1) & mask;
    slots[slot] = static_cast<int32_t>(id) + 1;
  }
  return cinesent::OK;
}

// Writes the token ids of a Latin-1 text, at most one for each of its characters, and returns how
// many; -1: Python has to tokenize it, -2: there is too little memory.
EXPORT int64_t cinesent_encode(const Byte* text, int64_t size, const Byte* tokens,
                               const int64_t* offsets, const int32_t* slots, int64_t num_slots,
                               uint64_t seed, int64_t longest, int32_t rules, int32_t* ids) {
  Byte* memory = static_cast<Byte*>(malloc(static_cast<size_t>(size) * 8 + 16));
  if (!memory) return OUT_OF_MEMORY;
  Byte* cleaned = memory + size * 4 + 8;
  int64_t count = normalise({text, size}, memory);
  if (count >= 0) count = clean({memory, count}, cleaned);
  if (count >= 0) {
    const Text all = {cleaned, count};
    const Vocabulary vocabulary = {
        tokens, offsets, slots, static_cast<uint64_t>(num_slots) - 1, seed, longest, rules};
    count = 0;
    for (int64_t place = 0; place < all.size;) {
      if (all.at[place] == ' ') {
        ++place;
        continue;
      }
      const int64_t end = token_end(all, place);
      count += write_token(vocabulary, all.at + place, end - place, memory, ids + count);
      place = end;
    }
  }
  free(memory);
  return count;
}
