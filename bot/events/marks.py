"""Words that carry no news of their own but say how to read their neighbours. All are in folded form."""

from __future__ import annotations

from bot.events.fold import FOLDING

STOP_WORDS = frozenset(
    "a an the and or but of to in on at by for from with without as is are was were be been being it its this that these "
    "those there here he she they them his her their we our you your i who whom which what how why where than then so such "
    "into onto about between against during under up down out off again more most other some any all both each few own same "
    "has have had having do does did can could should would will may might must also just only very s t "
    "и в во на с со к ко у о об от до из за по под над при про для без а но да же ли бы не ни то это эта этот эти того этого "
    "тот та те что чтобы как так там тут где когда если или он она оно они его ее их ему ей им них мы нас наш вы вас ваш я мне "
    "меня был была было были быть есть будет уже еще также только все всех всем весь вся свои своих своего своей который "
    "которая которые которых может можно нужно очень через после перед между "
    "и й в у на з із зі до від по під над при про для без а але та же чи би не ні то це ця цей ці того цього той ті що щоб як так "
    "там тут де коли якщо або він вона воно вони його її їх йому їй ним них ми нас наш ви вас ваш я мені мене був була було "
    "були бути є буде вже ще також тільки лише всі всіх усі весь вся свої своїх свого своєї який яка які яких може можна треба "
    "дуже через після перед між".translate(FOLDING).split()
)
NEGATIONS = frozenset(
    [
        "not",
        "no",
        "never",
        "nobody",
        "isnt",
        "arent",
        "wasnt",
        "werent",
        "wont",
        "dont",
        "doesnt",
        "didnt",
        "cant",
        "cannot",
        "couldnt",
        "wouldnt",
        "hasnt",
        "havent",
        "не",
        "нет",
        "нема",
        "немае",
        "ни",
        "никто",
        "нихто",
    ]
)
BACKGROUND = frozenset(
    [
        "after",
        "following",
        "amid",
        "over",
        "since",
        "because",
        "despite",
        "while",
        "before",
        "ahead",
        "when",
        "wake",
        "после",
        "из-за",
        "фоне",
        "вслед",
        "ввиду",
        "через",
        "несмотря",
        "пока",
        "накануне",
        "ранее",
        "після",
        "тлі",
        "попри",
        "напередодні",
        "раніше",
        "коли",
        "когда",
    ]
)
REPORTING = tuple(
    [
        "report",
        "say",
        "said",
        "tell",
        "told",
        "accord",
        "cit",
        "quot",
        "via",
        "ссыл",
        "сообщ",
        "сообща",
        "переда",
        "пиш",
        "данн",
        "публик",
        "рассказ",
        "повидом",
        "посил",
        "розпов",
        "напис",
        "интерв",
        "interv",
    ]
)
SAYING = frozenset({"announce", "speak", "threaten", "deny", "confirm", "demand", "propose", "reject", "condemn"})
SAID = (
    *("say", "said", "tell", "told", "stat", "call", "believ", "insist", "accord", "tweet", "vow", "claim"),
    *(
        "заяв",
        "сообщ",
        "сказа",
        "говор",
        "назва",
        "рассказ",
        "счита",
        "уверен",
        "подчеркн",
        "отмет",
        "пообещ",
        "выступ",
    ),
    *("слова", "словам", "мнени", "обращ", "отреаг", "реагир", "ответи", "повидом", "розпов", "зазнач", "наголос"),
    *("вважа", "видпов", "звернен", "словами", "написа", "наголо", "кажу", "каже", "позици"),
)
