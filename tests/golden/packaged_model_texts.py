"""The texts whose predictions `packaged_model.json` holds, none of them a real review."""

from __future__ import annotations

import random
from typing import Any

WORDS = (
    "Good", "bad", "Masterpiece!", "meh", "Boring.", "brilliant", "AWFUL", "fine", "Overrated",
    "the", "film", "a", "Tuesday", "unwatchable", "loved", "Hated...", "okay?", "zxqvbnmk",
    "soooooo", "10/10",
)  # fmt: skip

OPINIONS = (
    "Not bad at all.",
    "It isn't boring for a second.",
    "I can't say I enjoyed it.",
    "Far from dull, and nowhere near as long as it looks.",
    "I expected to hate it and stayed for the credits.",
    "The worst two hours of my week, and I was at the dentist on Monday.",
    "A warm, funny, slightly crooked little film.",
    "Nothing works: not the jokes, not the music, not the wigs.",
    "It's no classic, but it never pretends to be one.",
    "You'd have to be made of stone not to laugh.",
    "If this is comedy, I'd rather do my taxes.",
    "The lead can't act, the dog can.",
    "Great cast, wasted.",
    "Could've been great. Should've been shorter. Wasn't either.",
    "We weren't bored; we were furious.",
    "The twist doesn't make sense, and I didn't care.",
    "Anything but ordinary.",
    "I would watch it again tomorrow with my mother, who hates everything.",
    "Save your money.",
    "Don't miss it.",
    "Hardly a scene that isn't a pleasure to look at.",
    "Too long by an hour and too clever by half.",
    "The remake is better than the original, which isn't saying much.",
    "Somebody should've told the director that the camera was on.",
    "The movie is 112 minutes long.",
    "It was shown on Tuesday.",
    "The plot: a baker inherits a lighthouse.",
    "He plays the older brother; she plays the lawyer.",
    "I recommend this to nobody, and to my enemies twice.",
    "Sweet, sad, and perfectly judged.",
    "A quiet triumph: every scene earns its place.",
    "My favourite film of the year so far, and it is already December.",
    "The sound is so bad that I read lips.",
    "Two thumbs down, and both big toes.",
    "It grows on you... like mould.",
    "Well-made but soulless; well-meant but dull.",
    "She's the only reason to stay, and she leaves in the first act.",
    "They don't make them like this any more. Thank goodness!",
    "A must-see for the must-see crowd.",
    "I've seen worse. I've seen much, much better.",
)

MARKUP = (
    "<b>Great</b> &amp; <a href='x'>good</a>",
    "First half: fine.<br /><br />Second half: asleep.",
    "<p>A <i>very</i> slow film, but what a finale!</p>",
    "It&#39;s a film about &quot;love&quot;, and it isn&#x27;t lovely.",
    "5 &lt; 7 and this is &gt; both; &nbsp; I &hearts; it",
    "<!-- a note nobody reads -->The acting is superb.",
    "I <3 it, a < b, and b > a.",
    "caf&eacute;, na&iuml;ve, cr&egrave;me br&ucirc;l&eacute;e: the best scenes are in a kitchen",
    "&copy; 1987 &mdash; dated &hellip; dreadful",
    "<script>alert('x')</script>A film that pops up when it shouldn't.",
    "<<b>>Not<</b>> what the trailer promised",
    "&amp;lt;br&amp;gt; was the only thing that broke the monotony",
    '<a href="http://example.org/a?b=c&d=e">my longer review</a> says it: tedious.',
    "Wonderful<br/>wonderful<BR>wonderful",
)

SYMBOLS = (
    "😍😍😍👎🏽",
    "Loved it 😂👍 would watch again ❤️",
    "👨‍👩‍👧‍👦 fun for the whole family",
    "so so 😐",
    ":-) :) ;-) :D",
    "Terrible :-( :( =(",
    "(-: upside down, like the plot",
    "<3 <3 <3",
    "★★★★★",
    "★☆☆☆☆ and I'm being kind",
    "🎬🍿 popcorn was better than the picture",
    "“Smart” quotes – and dashes — in a ‘clever’ script…",
    "It\u2019s a nai\u0308ve, co\u00adop\u00aderative, zero\u200bwidth mess",
    "Ｆｕｌｌ　ｗｉｄｔｈ　ｐｒａｉｓｅ！",
    "½ a star, or ¾ if the cinema is warm",
    "the ﬁrst ﬂawless ﬁlm №1 ™",
)

LANGUAGES = (
    "Un film magnifique, plein d'idées et très bien joué.",
    "Quel ennui ! J'ai dormi dès la première scène.",
    "Ein großartiger Film über kleine Leute, übrigens völlig unterschätzt.",
    "¡Qué película tan aburrida! ¿Quién la financió?",
    "Um filme lindo, com atuações incríveis e não muito longo.",
    "Bellissimo, però troppo lungo.",
    "Zażółć gęślą jaźń: film okropny.",
    "İstanbul'da geçen güzel bir film, ışık çok iyi.",
    "Een fijne film, één van de beste van dit jaar.",
    "Příliš žluťoučký kůň, a přesto nuda.",
    "Phim rất hay, diễn xuất tuyệt vời!",
    "這部電影很好看。",
    "这部电影太无聊了，我睡着了。",
    "とても面白い映画でした！もう一度見たい。",
    "つまらない映画。",
    "정말 재미있는 영화였어요. 배우들이 훌륭해요.",
    "지루하다 ㅠㅠ",
    "Этот фильм был ужасен!",
    "Прекрасная работа оператора, но сценарий слабый.",
    "Чудовий фільм, раджу всім.",
    "Отлично 10/10",
    "Μια υπέροχη ταινία, αλλά μεγάλη.",
    "فيلم رائع وممثلون ممتازون.",
    "סרט משעמם מאוד",
    "यह फ़िल्म बहुत अच्छी है।",
    "หนังเรื่องนี้สนุกมาก",
    "A film très français, sehr schön, muy bonito, 非常好.",
)

NUMBERS = (
    "7/10",
    "8.5/10",
    "I give it 3/10 because of the dog",
    "11/10, no notes",
    "0/10",
    "1 out of 10",
    "5 stars",
    "two stars, both of them in the sky",
    "A 1980s film in 3D: 2 hours, 1,000.5 explosions, 1 idea",
    "1 2 3 4 5 6 7 8 9 10",
    "The 2nd part is the 1st good one; the 3rd is the 4th bad one.",
    "1980's hair, 1890's manners",
    "100%",
    "3.14159",
    "-1/10 $$$ for a $200,000,000 film",
    "2001-05-17 20:15",
)

PUNCTUATION = (
    "!", "...", "?!?!", "!!!!!!!!", "- -- ---", "\"'\"", ".,;:!?", "* * *", "(((", "#@%&_~^|",
)  # fmt: skip

WHITESPACE = (
    "A film\tin\ttabs,\tand\tnot\ta\tgood\tone.",
    "First line: lovely.\nSecond line: dreadful.\nThird line: asleep.",
    "\n\n   A lovely thing, with room around it.   \n\n",
    "windows\r\nline ends\r\nand a dull film",
    "no-break\u00a0spaces\u2003and em spaces\u3000and a fine score",
    "one\x0bvertical tab\x0cand a form feed: unwatchable",
)

SHOUTED = (
    "THIS IS THE BEST FILM I HAVE EVER SEEN!!!",
    "DON'T WASTE YOUR TIME. IT'S AWFUL.",
    "WHY WHY WHY WOULD ANYBODY MAKE THIS???",
    "tHe WoRsT sPeLLiNg On ThE pOsTeR",
    "OK. FINE. I CRIED.",
)

#: Parts and how often they are repeated: long texts that take little room.
REPEATED = (
    ("a", 100),
    ("1 ", 100),
    ("so good ", 12),
    ("Bad! ", 40),
    ("not ", 25),
    ("ha", 300),
    ("😂", 64),
    ("It was shown on Tuesday. ", 20),
    ("很好", 50),
    ("The film was neither here nor there, and then it was over. ", 150),
    ("A splendid scene follows a splendid scene. I would have been happy with one. ", 320),
    ("Nobody laughed.<br /><br />Nobody cried, nobody paid &amp; nobody stayed. ", 400),
    ("Still it goes on, and still I watch: 3/10, 4/10, 5/10... ", 250),
)

_SUBJECTS = (
    "The film", "This little comedy", "The whole second act", "Her performance", "His accent",
    "The script", "The score", "The camera work", "Every supporting role", "The ending",
    "The dialogue", "The villain", "A subplot about a missing umbrella", "The lighting",
    "The editing", "The set design", "The chemistry between the leads", "The dog",
)  # fmt: skip
_VERBS = (
    "is", "turns out to be", "remains", "never stops being", "was, to my surprise,", "isn't quite",
    "feels", "could have been", "should have been", "wasn't", "becomes", "is said to be",
)  # fmt: skip
_VERDICTS = (
    "a delight from start to finish", "as flat as yesterday's soda", "beautifully observed",
    "painfully predictable", "moving in ways I had not expected", "an insult to bakers everywhere",
    "funny, at least twice", "worth the price of the ticket", "a mess", "gorgeous to look at",
    "so wooden that it ought to be sanded", "charming and a bit mad", "hard to sit through",
    "the one thing I will remember", "competent and nothing more", "sheer joy", "rather dull",
    "a waste of good people", "better than it has any right to be", "tense, clever and cruel",
)  # fmt: skip
_ASIDES = (
    "", "", "", ", which is a pity", ", and I mean that kindly", " (or so my sister says)",
    "; I laughed anyway", " - don't ask me why", ", though the second half drags",
    ", unlike the book", ", and nobody in the cinema minded", "... sadly",
)  # fmt: skip
_OPENINGS = (
    "I saw it on a rainy Thursday with four other people.",
    "My neighbour lent me the disc and I wish he hadn't.",
    "Having read the book twice, I came prepared for the worst.",
    "Let me say first that I like slow films.",
    "There's a story in here somewhere.",
    "A retired plumber finds a map in a piano; you can guess the rest.",
    "Nobody told me this was a musical.",
)
_CLOSINGS = (
    "Recommended, with a cup of tea.",
    "Avoid.",
    "7/10 from me, 2/10 from my husband.",
    "I can't wait to see what she makes next!",
    "Never again.",
    "See it before somebody spoils the last five minutes.",
    "Your mileage may vary; mine ran out after an hour.",
)

_COUNT = 200


def texts() -> list[dict[str, Any]]:
    """Return 200 texts, each ``{"text": …}`` or, where it is long, ``{"part": …, "repeat": …}``."""
    written = [
        *WORDS, *OPINIONS, *MARKUP, *SYMBOLS, *LANGUAGES, *NUMBERS, *PUNCTUATION, *WHITESPACE,
        *SHOUTED,
    ]  # fmt: skip
    entries: list[dict[str, Any]] = [{"text": text} for text in written]
    entries += [{"part": part, "repeat": repeat} for part, repeat in REPEATED]
    chance = random.Random(20)
    entries += [{"text": _prose(chance)} for _ in range(_COUNT - len(entries))]
    return entries


def _prose(chance: random.Random) -> str:
    gap = chance.choice(("\n\n", "<br /><br />", " "))
    paragraphs = [
        " ".join(_sentence(chance) for _ in range(chance.randint(2, 7)))
        for _ in range(chance.randint(1, 5))
    ]
    return gap.join([chance.choice(_OPENINGS), *paragraphs, chance.choice(_CLOSINGS)])


def _sentence(chance: random.Random) -> str:
    parts = [chance.choice(choices) for choices in (_SUBJECTS, _VERBS, _VERDICTS)]
    return " ".join(parts) + chance.choice(_ASIDES) + chance.choice("...!")
