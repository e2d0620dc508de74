"""Concepts by name: the shared ones, a storyline's own, and those that take in others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.errors import Fault
from bot.rules.condition import RESERVED
from bot.rules.terms import Term, TermError, names_concept, parse_term
from bot.text.nearest import nearest
from bot.text.yamlfile import YamlFile

Concepts = Mapping[str, tuple[Term, ...]]
Lists = dict[str, tuple[Term, ...]]


def read_concepts(raw: Mapping[str, Sequence[str]], file: YamlFile, shared: Concepts) -> tuple[Lists, list[Fault]]:
    """The terms of each concept of one file, with those of the concepts it takes in.

    `@name` looks in the file first, then among the shared ones. Faults: terms that can never match, unknown and
    circular concepts, names that a condition could not use.
    """
    faults: list[Fault] = []
    own: dict[str, list[Term]] = {}
    takes: dict[str, list[tuple[str, int]]] = {}
    for name, terms in raw.items():
        if (problem := _misnamed(name)) is not None:
            faults.append(file.fault(("concepts", name), problem, key=True))
        own[name], takes[name] = [], []
        for number, text in enumerate(terms):
            if (other := names_concept(text)) is not None:
                takes[name].append((other, number))
                continue
            try:
                own[name].append(parse_term(text))
            except TermError as error:
                faults.append(file.fault(("concepts", name, number), f"concept '{name}': {error}"))
    resolved: Lists = {}
    for name in raw:
        _resolve(name, own, takes, shared, resolved, file, faults, ())
    return resolved, faults


def _resolve(
    name: str,
    own: Mapping[str, list[Term]],
    takes: Mapping[str, list[tuple[str, int]]],
    shared: Concepts,
    resolved: Lists,
    file: YamlFile,
    faults: list[Fault],
    way: tuple[str, ...],
) -> tuple[Term, ...]:
    if name in resolved:
        return resolved[name]
    terms = {term.text: term for term in own[name]}
    for other, number in takes[name]:
        loc = ("concepts", name, number)
        if other in (*way, name):
            circle = " → ".join((*way[way.index(other) :], name, other)) if other in way else f"{name} → {name}"
            faults.append(file.fault(loc, f"concept '{other}' takes in itself: {circle}; leave one '@' out"))
        elif other in own:
            taken = _resolve(other, own, takes, shared, resolved, file, faults, (*way, name))
            terms.update({term.text: term for term in taken})
        elif other in shared:
            terms.update({term.text: term for term in shared[other]})
        else:
            near = nearest(other, [*own, *shared])
            faults.append(file.fault(loc, f"concept '{name}' takes in '@{other}', and no concept has that name{near}"))
    resolved[name] = tuple(terms.values())
    return resolved[name]


def _misnamed(name: str) -> str | None:
    if name.lower() in RESERVED:
        return f"found concept '{name}'; that is a word of the condition language, choose another name"
    if not name.replace("-", "_").isidentifier():
        return f"found concept '{name}'; expected a name of letters, digits, '_' and '-' that begins with a letter"
    return None
