"""How hard a text is to read: the Flesch-Kincaid grade of English, the Fernández Huerta ease of Spanish.

Syllables are counted by groups of vowels, the usual approximation. What fills a place of a text (an amount, a day)
counts as one word of two syllables: people read it at a glance.
"""

import re
from collections.abc import Callable, Sequence

PLACE = re.compile(r"\{\w+\}|%\(\w+\)s")
SENTENCE_END = re.compile(r"[.!?:;](?:\s|$)")
ENGLISH_WORD, SPANISH_WORD = re.compile(r"[A-Za-z']+"), re.compile(r"[A-Za-zÁÉÍÓÚÜÑáéíóúüñ]+")


def flesch_kincaid_grade(texts: Sequence[str]) -> float:
    """School grade: 7 is about twelve years of age."""
    words, sentences, syllables = _counts(texts, ENGLISH_WORD, english_syllables)
    return 0.39 * words / sentences + 11.8 * syllables / words - 15.59


def fernandez_huerta_ease(texts: Sequence[str]) -> float:
    """0 to 100: 70 to 80 is fairly easy (about twelve years of age), 60 to 70 is normal."""
    words, sentences, syllables = _counts(texts, SPANISH_WORD, spanish_syllables)
    return 206.84 - 60 * syllables / words - 1.02 * words / sentences


def _counts(texts: Sequence[str], word: re.Pattern[str], syllables: Callable[[str], int]) -> tuple[int, int, int]:
    filled = [PLACE.sub("seven", text) for text in texts]
    words = [each for text in filled for each in word.findall(text)]
    sentences = sum(sum(1 for part in SENTENCE_END.split(text) if word.search(part)) for text in filled)
    return len(words), sentences, sum(map(syllables, words))


def english_syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end; two where an i is spoken by itself."""
    lower = word.lower().replace("'", "")
    if lower.isupper() or len(lower) <= 3:
        return 1
    spoken = re.sub(r"(?<=[^aeiouyl])e$|(?<=[^aeiouydt])ed$|(?<=[^aeiouysxzhcg])es$", "", lower)
    apart = len(re.findall(r"(?<![tscg])i(?=[ao]|en)", spoken))  # re-cip-i-ent, vi-o-late; not so-cial
    return max(1, len(re.findall(r"[aeiouy]+", spoken)) + apart)


def spanish_syllables(word: str) -> int:
    """Groups of vowels; two strong ones, or a stressed í or ú beside another vowel, are two."""
    lower = re.sub(r"qu|gu(?=[eiéí])", "k", word.lower())
    parted = re.sub(r"([aeoáéó])(?=[aeoáéó])", r"\1-", lower)
    parted = re.sub(r"([íú])(?=[aeoáéó])|([aeoáéó])(?=[íú])", r"\1\2-", parted)
    return max(1, len(re.findall(r"[aeiouáéíóúüy]+", re.sub(r"y(?=[aeiouáéíóú])", "", parted))))
