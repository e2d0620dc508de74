"""Rules that load but look wrong: each kind of issue is one function that yields them for a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.rules import condition as c
from bot.rules.issues import Issue
from bot.rules.ruleset import Ruleset
from bot.rules.storyline import Storyline
from bot.rules.terms import Atom, Term, TermError, names_concept, parse_term
from bot.rules.ways import needs
from bot.text.yamlfile import Loc, YamlFile

SHORTEST_PREFIX = 3
_PRONOUNS = {"us": "US", "it": "IT", "who": "WHO", "un": "UN"}


def lint(ruleset: Ruleset) -> list[Issue]:
    """Every issue of a loaded rule set, sorted by place. The files are read again for their places."""
    issues: list[Issue] = []
    used: set[str] = set()
    for storyline in ruleset.storylines.values():
        file = _read(Path(storyline.path))
        issues += _cases(file, storyline)
        issues += _conditions(file, ruleset, storyline)
        issues += _filters(file, ruleset, storyline)
        raw = _raw_concepts(file)
        names = _named(storyline)
        reached = _reached(names, raw)
        used |= reached | names
        issues += _terms(file, raw)
        for name in raw:
            if name not in reached:
                issues.append(
                    _issue(file, ("concepts", name), "unused-concept", f"no condition uses concept '{name}'", key=True)
                )
            if name in ruleset.shared:
                message = f"concept '{name}' hides the one of the lexicon; choose another name, or leave it out"
                issues.append(_issue(file, ("concepts", name), "hides-lexicon", message, key=True))
    lexicon = ruleset.folder / "lexicon.yaml"
    if lexicon.is_file():
        file = _read(lexicon)
        raw = _raw_concepts(file)
        issues += _terms(file, raw)
        for name in raw.keys() - _reached(used, raw):
            message = f"no storyline uses concept '{name}'"
            issues.append(_issue(file, ("concepts", name), "unused-concept", message, key=True, severity="hint"))
    return sorted(issues)


def _read(path: Path) -> YamlFile:
    return YamlFile(str(path), path.read_text("utf-8-sig") if path.is_file() else "")


def _issue(file: YamlFile, loc: Loc, code: str, message: str, *, key: bool = False, severity: str = "warning") -> Issue:
    line, column = file.place(loc, key=key)
    return Issue(file.path, line, column, code, message, severity)


def _raw_concepts(file: YamlFile) -> dict[str, list[str]]:
    raw: Any = file.data.get("concepts") if isinstance(file.data, dict) else None
    return {name: [t] if isinstance(t, str) else list(t) for name, t in raw.items()} if isinstance(raw, dict) else {}


def _named(storyline: Storyline) -> set[str]:
    """Concepts that the conditions of a storyline name."""
    nodes = [node for s in storyline.signals.values() for node in (s.when, s.unless) if node is not None]
    return {part.name for node in nodes for part in c.walk(node) if isinstance(part, c.Concept)}


def _reached(names: set[str], raw: dict[str, list[str]]) -> set[str]:
    """These concepts, and all that they take in, of one file and by name of others."""
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [other for text in raw.get(name, ()) if (other := names_concept(text)) is not None]
    return reached


def _cases(file: YamlFile, storyline: Storyline) -> Iterator[Issue]:
    expected = {name for case in storyline.cases for name in case.expect}
    for name in storyline.signals:
        if name not in expected:
            yield _issue(file, ("signals", name), "no-case", f"no case expects signal '{name}'", key=True)
    if storyline.cases and all(case.expect for case in storyline.cases):
        yield _issue(
            file,
            ("cases",),
            "no-near-miss",
            "no case expects []: add posts that look alike but are not it",
            key=True,
            severity="hint",
        )


def _conditions(file: YamlFile, ruleset: Ruleset, storyline: Storyline) -> Iterator[Issue]:
    for rule in ruleset.index.rules:
        if rule.storyline == storyline.name and not needs(rule.when):
            message = f"signal '{rule.signal}' can hold for a post in which nothing hits: every post may match"
            yield _issue(file, ("signals", rule.signal, "when"), "only-negative", message)
    seen: dict[tuple[str, str, frozenset[str], frozenset[str]], str] = {}
    for name, signal in storyline.signals.items():
        key = (
            c.show(signal.when),
            "" if signal.unless is None else c.show(signal.unless),
            signal.languages,
            signal.sources,
        )
        if key in seen:
            yield _issue(
                file,
                ("signals", name, "when"),
                "same-condition",
                f"signals '{seen[key]}' and '{name}' have the same condition",
            )
        seen.setdefault(key, name)


def _filters(file: YamlFile, ruleset: Ruleset, storyline: Storyline) -> Iterator[Issue]:
    known = _source_ids(ruleset.folder)
    for name, signal in storyline.signals.items():
        for language in sorted(signal.languages):
            if not (len(language) in (2, 3) and language.isascii() and language.islower()):
                yield _issue(
                    file,
                    ("signals", name, "languages"),
                    "odd-language",
                    f"found language '{language}'; expected codes such as en, uk, ru",
                )
        for source in sorted(signal.sources - known if known else ()):
            yield _issue(file, ("signals", name, "sources"), "unknown-source", f"sources.yaml has no source '{source}'")


def _source_ids(folder: Path) -> frozenset[str]:
    path = folder / "sources.yaml"
    data: Any = _read(path).data if path.is_file() else None
    rows = data.get("sources") if isinstance(data, dict) else None
    return (
        frozenset(str(row.get("id")) for row in rows if isinstance(row, dict))
        if isinstance(rows, list)
        else frozenset()
    )


def _terms(file: YamlFile, raw: dict[str, list[str]]) -> Iterator[Issue]:
    for name, texts in raw.items():
        parsed: list[tuple[int, Term]] = []
        first: dict[str, int] = {}
        for number, text in enumerate(texts):
            loc: Loc = ("concepts", name, number)
            if names_concept(text) is not None:
                continue
            try:
                term = parse_term(text)
            except TermError:
                continue
            if text.strip().lower() in first:
                yield _issue(file, loc, "repeated-term", f"concept '{name}' has the term '{text}' twice")
                continue
            first[text.strip().lower()] = number
            parsed.append((number, term))
            yield from _looks(file, loc, text, term)
        yield from _shadows(file, name, parsed)


def _looks(file: YamlFile, loc: Loc, text: str, term: Term) -> Iterator[Issue]:
    atoms = {atom for variant in term.variants for atom in variant}
    for prefix in sorted({atom.prefix for atom in atoms if atom.prefix and len(atom.prefix) < SHORTEST_PREFIX}):
        yield _issue(
            file,
            loc,
            "short-prefix",
            f"'{prefix}*' in term '{text}' matches too much; write at least {SHORTEST_PREFIX} letters before '*'",
        )
    if text.strip().lower() in _PRONOUNS:
        written = _PRONOUNS[text.strip().lower()]
        yield _issue(file, loc, "pronoun", f"'{text}' is also an everyday word; for the name write case:{written}")


def _shadows(file: YamlFile, name: str, parsed: list[tuple[int, Term]]) -> Iterator[Issue]:
    """Terms that can be left out because another one of the concept matches wherever they do."""
    prefixes = {
        v[0].prefix: t.text for _, t in parsed for v in t.variants if len(v) == 1 and v[0].prefix and not v[0].written
    }
    words: dict[str, str] = {}
    for _, term in parsed:
        for variant in term.variants:
            if len(variant) == 1 and variant[0].words and not variant[0].written:
                for word in variant[0].words:
                    words.setdefault(word, term.text)
    for number, term in parsed:
        covers = {_cover(variant, term, prefixes, words) for variant in term.variants}
        if None not in covers:
            other = sorted(cover for cover in covers if cover is not None)[0]
            yield _issue(
                file,
                ("concepts", name, number),
                "shadowed-term",
                f"term '{term.text}' adds nothing to '{other}' of concept '{name}'",
                severity="hint",
            )


def _cover(variant: tuple[Atom, ...], term: Term, prefixes: dict[str, str], words: dict[str, str]) -> str | None:
    """Another term that hits inside every hit of this variant."""
    for atom in variant:
        written = [atom.prefix] if atom.prefix else sorted(atom.words)
        if not written:
            continue
        by_prefix = {
            next((text for prefix, text in prefixes.items() if word.startswith(prefix) and text != term.text), None)
            for word in written
        }
        if None not in by_prefix:
            return sorted(text for text in by_prefix if text)[0]
        by_word = {words.get(word) for word in written} if not atom.prefix else {None}
        if None not in by_word and term.text not in by_word:
            return sorted(text for text in by_word if text)[0]
    return None
