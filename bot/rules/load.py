"""A rules folder → one Ruleset, or every fault in it at once."""

from __future__ import annotations

import gc
import hashlib
from collections import ChainMap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import Fault, RuleFaults
from bot.model import Severity
from bot.rules import condition as c
from bot.rules.index import Draft
from bot.rules.lexicon import Concepts, Lists, read_concepts
from bot.rules.ruleset import Ruleset
from bot.rules.schema import LexiconFile, SignalEntry, StorylineFile, clock_seconds, seconds, validate
from bot.rules.storyline import Case, Signal, Step, Storyline
from bot.rules.terms import TermError, parse_term
from bot.text import canonical
from bot.text.nearest import nearest
from bot.text.yamlfile import Loc, YamlFile


def load(folder: Path, sample: Iterable[str] = ()) -> Ruleset:
    """Read `lexicon.yaml` and `storylines/*.yaml` of a folder.

    Raises RuleFaults with every fault of every file; there is no half-loaded set. `sample`, some texts of recent
    posts, only makes matching faster: the cases of the files serve when it is absent.
    """
    with _collector_at_rest():
        return _load(folder, tuple(sample))


def _load(folder: Path, sample: tuple[str, ...]) -> Ruleset:
    lexicon_path, paths = folder / "lexicon.yaml", sorted((folder / "storylines").glob("*.y*ml"))
    faults: list[Fault] = []
    digest = hashlib.blake2b(digest_size=6)
    if not paths:
        faults.append(
            Fault(
                str(folder / "storylines"), 0, 0, "found no storyline; expected files such as storylines/ceasefire.yaml"
            )
        )
    shared: Lists = {}
    unsure = False  # a broken lexicon would blame every storyline for its missing concepts
    made: list[_Reader] = []
    for path in [*([lexicon_path] if lexicon_path.is_file() else []), *paths]:
        file = _file(path, folder, digest, faults)
        if file is None:
            unsure = unsure or path == lexicon_path
        elif path == lexicon_path:
            shared, found = _lexicon(file)
            faults += found
            unsure = bool(found)
        else:
            made.append(_Reader(file, shared, unsure))
            faults += made[-1].faults
            file.rest()
    storylines = [reader.storyline for reader in made if reader.storyline is not None]
    faults += _collisions(made)
    if faults:
        raise RuleFaults(tuple(dict.fromkeys(faults)))
    return Ruleset(
        revision=digest.hexdigest(),
        folder=folder,
        storylines={storyline.name: storyline for storyline in sorted(storylines, key=lambda s: s.name)},
        concepts={reader.name: reader.concepts for reader in made},
        shared=shared,
        drafts=tuple(draft for reader in sorted(made, key=lambda r: r.name) for draft in reader.drafts),
        sample=sample,
    )


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Everything that loading makes stays: the garbage collector would walk over it again and again for nothing."""
    ran = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if ran:
            if not gc.get_freeze_count():  # into the oldest generation at once, unwalked
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _file(path: Path, folder: Path, digest: hashlib.blake2b, faults: list[Fault]) -> YamlFile | None:
    raw = path.read_bytes()
    digest.update(f"{path.relative_to(folder).as_posix()}\0{len(raw)}\0".encode() + raw)
    try:
        return YamlFile(str(path), raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        faults.append(Fault(str(path), line, 1, f"found byte 0x{raw[error.start]:02x}; expected text in UTF-8"))
        return None


def _lexicon(file: YamlFile) -> tuple[Lists, list[Fault]]:
    entry, faults = validate(LexiconFile, file)
    faults = file.faults + faults
    if entry is None:
        return {}, faults
    concepts, found = read_concepts(entry.concepts, file, {})
    return concepts, faults + found


class _Reader:
    """One storyline file: `storyline` is None when it has faults."""

    def __init__(self, file: YamlFile, shared: Lists, unsure: bool):
        self.file = file
        self.name = ""
        self.storyline: Storyline | None = None
        self.concepts: Concepts = shared
        self.drafts: list[Draft] = []
        self._unsure = unsure
        self.aliases = _texts(file.data.get("aliases")) if isinstance(file.data, dict) else []
        entry, found = validate(StorylineFile, file)
        self.faults = file.faults + found
        if entry is not None:
            self._read(entry, shared)
        elif isinstance(file.data, dict) and isinstance(file.data.get("storyline"), str):
            self.name = file.data["storyline"]
            self._read_loosely(file.data, shared)

    def _read(self, entry: StorylineFile, shared: Lists) -> None:
        self.name = entry.storyline
        own, found = read_concepts(entry.concepts, self.file, shared)
        self.faults += found if not self._unsure else [f for f in found if "no concept has that name" not in f.message]
        self.concepts = _both(own, shared)
        overall = self._condition(entry.unless, ("unless",))
        signals = {}
        for name, signal in entry.signals.items():
            made = self._signal(name, signal, overall)
            if made is not None:
                signals[name] = made
        cases = tuple(self._cases(entry))
        steps = tuple(self._steps(entry))
        if self.faults:
            return
        self.storyline = Storyline(
            name=entry.storyline,
            title=entry.title,
            aliases=entry.aliases,
            about=entry.about,
            fresh_for=seconds(entry.fresh_for),
            signals=signals,
            cases=cases,
            timeline=steps,
            path=self.file.path,
        )

    def _read_loosely(self, data: dict[str, object], shared: Lists) -> None:
        """A file with a fault in its shape still has its concepts and conditions checked, to tell all at once."""
        raw = data.get("concepts")
        if isinstance(raw, dict):
            lists = {name: [terms] if isinstance(terms, str) else terms for name, terms in raw.items()}
            good = {
                name: [t for t in terms if isinstance(t, str)]
                for name, terms in lists.items()
                if isinstance(terms, list)
            }
            own, found = read_concepts(good, self.file, shared)
            self.faults += [fault for fault in found if not self._unsure]
            self.concepts = _both(own, shared)
        signals = data.get("signals")
        for name, signal in signals.items() if isinstance(signals, dict) else ():
            for key in ("when", "unless"):
                if isinstance(signal, dict) and isinstance(signal.get(key), str):
                    self._condition(signal[key], ("signals", name, key))

    def _signal(self, name: str, entry: SignalEntry, overall: c.Node | None) -> Signal | None:
        when = self._condition(entry.when, ("signals", name, "when"))
        unless = self._condition(entry.unless, ("signals", name, "unless"))
        if when is None:
            return None
        silenced = tuple(node for node in (overall, unless) if node is not None)
        signal = Signal(
            name=name,
            severity=Severity.named(entry.severity),
            phase=entry.phase,
            min_origins=entry.min_origins,
            about=entry.about,
            languages=frozenset(entry.languages),
            sources=frozenset(entry.sources),
            when=when,
            unless=c.Any(silenced) if len(silenced) > 1 else silenced[0] if silenced else None,
        )
        self.drafts.append(Draft(self.name, name, self.concepts, when, signal.unless, signal.languages, signal.sources))
        return signal

    def _condition(self, text: str | None, loc: Loc) -> c.Node | None:
        """The parsed condition; faults are noted, and None comes back when it has some."""
        if text is None:
            return None
        try:
            node = c.parse_condition(text)
        except c.ConditionError as error:
            self.faults.append(self.file.fault(loc, f"{_owner(loc)}: {error}", offset=error.at))
            return None
        before = len(self.faults)
        for part in c.walk(node):
            if isinstance(part, c.Concept) and part.name not in self.concepts and not self._unsure:
                near = nearest(part.name, self.concepts)
                self.faults.append(
                    self.file.fault(loc, f"{_owner(loc)} names no concept '{part.name}'{near}", offset=part.at)
                )
            if isinstance(part, c.Quoted):
                try:
                    parse_term(part.term)
                except TermError as error:
                    self.faults.append(self.file.fault(loc, f"{_owner(loc)}: {error}", offset=part.at))
        return node if len(self.faults) == before else None

    def _cases(self, entry: StorylineFile) -> Iterable[Case]:
        for number, case in enumerate(entry.cases):
            for place, name in enumerate(case.expect):
                if name not in entry.signals:
                    near = nearest(name, entry.signals)
                    loc: Loc = ("cases", number, "expect", place)
                    self.faults.append(self.file.fault(loc, f"case expects no signal of this file: '{name}'{near}"))
            line, _ = self.file.place(("cases", number))
            yield Case(case.post, frozenset(case.expect), case.title, case.language, case.source, line)

    def _steps(self, entry: StorylineFile) -> Iterable[Step]:
        latest = -1.0
        for number, step in enumerate(entry.timeline):
            at = clock_seconds(step.at)
            if at < latest:
                self.faults.append(
                    self.file.fault(
                        ("timeline", number, "at"),
                        f"found {step.at} after a later time; expected steps in order of time",
                    )
                )
            latest = max(latest, at)
            if step.edits is not None and step.edits > number:
                self.faults.append(
                    self.file.fault(
                        ("timeline", number, "edits"),
                        f"found edits: {step.edits}; expected an earlier step, 1 to {number}",
                    )
                )
            line, _ = self.file.place(("timeline", number))
            yield Step(
                at=at, source=step.source, post=step.post, alert=step.alert, title=step.title, language=step.language,
                outlet=step.outlet, forwarded_from=step.forwarded_from, origins=step.origins, rings=step.rings,
                edits=step.edits, line=line,
            )  # fmt: skip


def _both(own: Lists, shared: Lists) -> Concepts:
    """A storyline's own concepts before the shared ones, which are not copied for each of ten thousand storylines."""
    return ChainMap(own, shared) if own and shared else own or shared


def _owner(loc: Loc) -> str:
    return f"signal '{loc[1]}'" if loc[0] == "signals" else f"'{loc[0]}'"


def _collisions(made: list[_Reader]) -> Iterable[Fault]:
    """Names and aliases that mean two storylines."""
    taken: dict[str, tuple[str, str]] = {}
    claims: list[tuple[_Reader, str, Loc]] = [(reader, reader.name, ("storyline",)) for reader in made if reader.name]
    claims += [
        (reader, alias, ("aliases", number)) for reader in made for number, alias in enumerate(reader.aliases)
    ]  # names first: an alias never takes a name from another file
    for reader, claimed, loc in claims:
        key = canonical(claimed).strip().replace(" ", "-")
        if key not in taken:
            taken[key] = (reader.name, reader.file.path)
            continue
        owner, path = taken[key]
        kind = "storyline" if loc[0] == "storyline" else "alias"
        other = "this file already uses it" if path == reader.file.path else f"it means storyline '{owner}' of {path}"
        yield reader.file.fault(loc, f"found {kind} '{claimed}' a second time: {other}")


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
