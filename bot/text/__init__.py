"""Text in one comparable form: canonical writing, words with their places, sentences, links. Pure and fast."""

from __future__ import annotations

from bot.text.canonical import canonical
from bot.text.links import canonical_url, find_urls, telegram_post
from bot.text.sentences import first_sentence, sentence_starts
from bot.text.signature import body_end
from bot.text.tokens import Tokens, tokenize

__all__ = [
    "Tokens",
    "body_end",
    "canonical",
    "canonical_url",
    "find_urls",
    "first_sentence",
    "sentence_starts",
    "telegram_post",
    "tokenize",
]
