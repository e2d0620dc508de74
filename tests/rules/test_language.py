"""The language of docs/rules.md, line by line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.rules import condition as c
from bot.rules.condition import parse_condition, show

Ask = Callable[..., bool]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("strike", "Strikes hit the port; it struck again", True),
        ("strike", "A striker scored", False),
        ("strike", "An airstrike", False),
        ("talks", "Talks resume", True),
        ("talk", "Talks resume", True),
        ("talks", "They talk", False),
        ("evacuat*", "Evacuees", False),
        ("evacuat*", "EVACUATION ordered", True),
        ("evacuat*", "medevacuation", False),
        ("step back", "Washington stepped back from it", True),
        ("step back", "a step right back", False),
        ("step * back", "a step right back", True),
        ("step back", "One step. Back to work", False),
        ("step back", "One step\nback", False),
        ("withdraw* from", "withdrawal from", True),
        ("exact:step back", "stepping back", False),
        ("exact:step back", "Step  back", True),
        ("case:US", "us and them", False),
        ("case:US", "The US left", True),
        ("case:US", "the U.S. left", True),
        ("case:US", "US-led talks", True),
        ("case:US", "US's talks", True),
        ("u.s.", "let us go", False),
        ("u.s.", "the US said", True),
        ("case:White House", "The White House said", True),
        ("case:White House", "a white house", False),
        ("cease-fire", "a ceasefire", True),
        ("cease-fire", "a cease‑fire", True),
        ("cease-fire", "a cease fire", True),
        ("cease-fire", "cease-fires", True),
        ("ceasefire", "a cease-fire holds", True),
        ("ceasefire deal", "a cease-fire deal", True),
        ("fire", "a cease-fire", True),
        ("мир", "мирный договор", False),
        ("мир", "к миру", True),
        ("мир", "премьер-министр", False),
        ("посольство", "у посольствах", True),
        ("посольство", "в посольствах", True),
        ("посольство", "посольский приём", False),
        ("мирные переговоры", "начало мирных переговоров", True),
        ("exact:переговоры", "переговоров", False),
        ("евакуювати", "Людей евакуйовано", True),
        ("эвакуировать", "Людей эвакуировали", True),
        ("п'ять", "П’ять годин", True),
        ("самолёт", "Самолеты", True),
        ("Київ", "у Києві", True),
        ("Киев", "из Киева", True),
        ("США", "В сша заявили", True),
        ("Мінськ", "Мiнськ", True),  # a Latin i in the post
        ("ceasefire", "ｃｅａｓｅｆｉｒｅ", True),
        ("ceasefire", "cease\u00adfire", True),
        ("exact:@potus", "says @POTUS", True),
        ("potus", "says @POTUS", False),
        ("washington", "https://example.org/washington", False),
        ("washington", "[Washington](https://example.org/x)", True),
        ("washington", "**Wash**ington", True),
        ("washington", "#Washington", True),
        ("停火", "停火", True),
    ],
)
def test_terms(holds: Ask, term: str, text: str, expected: bool) -> None:
    """A term matches the words that the guide says it does, and no others."""
    assert holds(f'"{term}"', text) is expected


@pytest.mark.parametrize(
    ("when", "text", "expected"),
    [
        ("a and b", "alpha x beta", True),
        ("a and b", "alpha", False),
        ("a or b", "beta", True),
        ("not a", "beta", True),
        ("not a", "alpha", False),
        ("not a and b", "beta", True),  # (not a) and b
        ("not (a and b)", "alpha", True),
        ("a or b and c", "alpha", True),  # a or (b and c)
        ("(a or b) and c", "alpha", False),
        ("a near/2 b", "beta x alpha", True),
        ("a near/2 b", "beta x x alpha", False),
        ("a near/1 b", "alpha beta", True),
        ("a near/1 b", "alpha. Beta", True),  # across the end of a sentence
        ("a near/5 ab", "alpha beta", True),  # overlapping hits are near
        ("a then/2 b", "alpha x beta", True),
        ("a then/2 b", "beta x alpha", False),
        ("a then/2 b", "alpha x x beta", False),
        ("a then/5 ab", "alpha beta", False),
        ("a near/2 b near/2 c", "alpha x beta x gamma", True),
        ("a near/2 b near/2 c", "alpha x beta x x gamma", False),
        ("a near/2 b near/2 c", "gamma x alpha x beta", True),  # near the stretch from a to b
        ("(a or b) near/1 c", "beta gamma", True),
        ("a near/3 (b near/1 c)", "alpha x x beta gamma", True),
        ("b and not (a near/1 b)", "alpha x beta", True),
        ("b and not a near/1 b", "alpha beta", False),
        ("in sentence(a and b)", "Alpha came. Beta went.", False),
        ("in sentence(a and b)", "Alpha came, beta went.", True),
        ("in sentence(a and not b)", "Alpha came. Beta went.", True),
        ("in sentence(a near/9 b)", "Alpha came. Beta went.", False),
        ("2 of (a, b, c)", "alpha gamma", True),
        ("2 of (a, b, c)", "alpha alpha", False),
        ("1 of (a and b, c)", "gamma", True),
        ("2 OF (a, b, c) AND a", "alpha gamma", True),
        ("in title(a)", "Alpha came. Beta went.", True),  # no title: the first sentence
        ("in title(b)", "Alpha came. Beta went.", False),
        ('a and "delta*"', "alpha deltas", True),
        ("a and 'two words'", "alpha two words", True),
    ],
)
def test_conditions(holds: Ask, when: str, text: str, expected: bool) -> None:
    """Each operator means what the guide says."""
    concepts = "{a: [alpha], b: [beta], c: [gamma], ab: [alpha beta]}"
    assert holds(when, text, concepts=concepts) is expected


@pytest.mark.parametrize(
    ("when", "title", "text", "expected"),
    [
        ("in title(a)", "Alpha", "Beta", True),
        ("in title(b)", "Alpha", "Beta", False),
        ("a near/50 b", "Alpha", "Beta", False),
        ("a and b", "Alpha", "Beta", True),
        ("in sentence(a and b)", "Alpha", "Beta", False),
        ('"alpha beta"', "Alpha", "Beta", False),
        ('"alpha beta"', "Alpha beta", "", True),
    ],
)
def test_title_and_text_are_apart(holds: Ask, when: str, title: str, text: str, expected: bool) -> None:
    """Nothing runs from the title into the text; `and` spans both."""
    assert holds(when, text, title, concepts="{a: [alpha], b: [beta]}") is expected


@pytest.mark.parametrize(
    "text",
    [
        "a and b and c",
        "a or b and not c",
        "(a or b) and c",
        "a near/15 b near/15 c and not hedge near/4 b",
        "in sentence(a near/3 (b or c)) or in title(x)",
        "2 of (a, b and c, not x)",
        '"step back" then/3 mediation',
        "a near/3 (b then/2 c)",
    ],
)
def test_show_reads_back(text: str) -> None:
    """A shown condition parses to the very same tree."""

    def bare(node: c.Node) -> str:
        return c.show(node)

    node = parse_condition(text)
    assert show(node) == text
    assert bare(parse_condition(show(node))) == bare(node)
