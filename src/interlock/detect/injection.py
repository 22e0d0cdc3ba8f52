"""Find: instructions addressed to a model, in a result that ought to be data.

One plain sign is enough (`ignore all previous instructions`); of the vaguer ones, each of which
occurs in ordinary mail, a text needs two. A text that hits is a hit as a whole, since what follows
the sign is the attack.

Measured over different results of recorded agents: recall 1,810 of 1,811 where AgentDyn's attack
stands in full (the same without its `<INFORMATION>` tag; all of one template, so other attacks fare
worse), and 0 false positives per thousand of 4,378 (AgentDojo 170, AgentDyn 2,060, tau 1,597,
BFCL 551). An instruction that reads like any other mail (`please pay the attached bill`) is not
found here; that it is not obeyed is what the rules about calls are for.
"""

import re
from collections import defaultdict
from typing import Final

from interlock.detect.joined import Joined
from interlock.folding import plain
from interlock.path.inspection import Hit, Located, Span

_MODEL: Final = (
    r"(?:ai|artificial intelligence|a\.i\.|llm|large language model|language model|chat ?bot"
    r"|assistant|(?:ai|llm|autonomous|coding) agent"
    r"|gpt[\w.\-]*|chatgpt|claude|gemini|llama|copilot)"
)
_RULES: Final = (
    r"(?:instructions?|prompts?|directions?|directives?|guidelines?|rules|commands?|constraints"
    r"|programming|system messages?)"
)
_BEFORE: Final = (
    r"(?:previous|prior|above|earlier|preceding|foregoing|past|original|initial|existing|current"
    r"|former)"
)

_PLAIN: Final[tuple[tuple[str, str], ...]] = (
    (
        "ignor disregard forget overrid bypass discard abandon",
        rf"\b(?:ignor|disregard|forget|overrid|bypass|discard|abandon)(?:e|es|ing|ed|)\s+(?:\w+\s+){{0,4}}{_BEFORE}\s+(?:\w+\s+){{0,2}}{_RULES}",
    ),
    (
        "ignore disregard forget override",
        rf"\b(?:ignore|disregard|forget|override)\s+(?:all\s+)?(?:of\s+)?your\s+(?:\w+\s+){{0,2}}{_RULES}",
    ),
    (
        "ignore disregard forget",
        r"\b(?:ignore|disregard|forget)\s+(?:everything|all|what)\s+(?:\w+\s+){0,3}(?:above|before|previously|told)",
    ),
    (
        "important",
        rf"\bimportant\s+(?:\w+\s+)?(?:message|instruction|note|notice)s?\s+.{{0,60}}?\b(?:to|for)\s+(?:you,\s+|the\s+|any\s+|all\s+){{0,2}}{_MODEL}\b",
    ),
    (
        "if",
        rf"\bif\s+you\s+are\s+an?\s+(?:\w+\s+)?{_MODEL}\b.{{0,80}}\b(?:you\s+(?:must|should|need)|please|do\s+not|then|first|ignore)\b",
    ),
    (
        "attention dear hey hello note message instruction",
        r"\b(?:attention|dear|hey|hello|note\s+to|message\s+(?:to|for)|instructions?\s+(?:to|for))\s*[,:]?\s+(?:the\s+|any\s+|all\s+)?(?:ai|llm|language)\s+(?:assistant|agent|model|bot)s?\b",
    ),
    (
        "now",
        r"\byou\s+are\s+now\s+(?:in\s+)?(?:dan|developer\s+mode|jailbroken|unrestricted|an?\s+(?:unrestricted|uncensored|different|new)\b)",
    ),
    (
        "now longer",
        rf"\byou\s+are\s+(?:now|no\s+longer)\s+(?:an?\s+)?(?:\w+\s+)?{_MODEL}\b",
    ),
    (
        "task request question",
        r"\b(?:solve|do|complete|finish|continue|resume)\s+(?:with\s+)?the\s+(?:original\s+)?(?:task|request|question)\s+(?:that\s+)?(?:i|the\s+user|you\s+were)\s+(?:gave|given|asked|assigned)",
    ),
    (
        "strictly",
        r"\bstrictly\s+(?:adhere|follow|comply)\s+(?:to|with)?\s*(?:only\s+)?the\s+following\s+instruction",
    ),
    (
        "reveal print output repeat show leak disclose send",
        r"\b(?:reveal|print|output|repeat|show|leak|disclose|send)\s+(?:me\s+)?(?:all\s+(?:of\s+)?)?your\s+(?:\w+\s+){0,2}(?:system\s+)?(?:prompt|instructions)\b",
    ),
    (
        "override update",
        r"\b(?:system|developer)\s+(?:override|prompt\s+update|instruction\s+update)\b",
    ),
    (
        "<| inst] sys>",
        r"<\|(?:im_start|im_end|system|assistant|start_header_id|begin_of_text)\|>|\[/?inst\]|<</?sys>>",
    ),
    (
        "system",
        r"\b(?:end\s+of|new)\s+system\s+(?:prompt|message|instructions?)\b",
    ),
    (
        "ignorier",
        r"ignorier\w*\s+(?:\w+\s+){0,3}(?:vorherigen|bisherigen|vorigen|obigen|früheren)\s+(?:\w+\s+)?(?:anweisung|befehl|instruktion|regel)",
    ),
    (
        "ignore",
        r"ignore[rz]?\s+(?:\w+\s+){0,2}(?:les\s+)?(?:instructions|consignes|directives)\s+(?:précédentes|antérieures|ci-dessus)",
    ),
    (
        "ignor",
        r"ignor[ae]\s+(?:\w+\s+){0,2}(?:las\s+|le\s+|as\s+)?(?:instrucciones|istruzioni|instruções)\s+(?:anteriores|previas|precedenti)",
    ),
    (
        "忽略 無視",
        r"忽略\w{0,6}(?:之前|以上|先前|前面|上述)\w{0,6}(?:指令|指示|提示|说明)|(?:以前|これまで|上記)の\w{0,4}(?:指示|命令)を無視",
    ),
)
"""Signs that are enough by themselves: words of which the text must hold one, and the sign."""

_VAGUE: Final[tuple[tuple[str, str], ...]] = (
    (
        "<",
        r"</?\s*(?:information|important|system|instructions?|system_prompt|admin|secret|hidden|assistant|user_request)\s*>",
    ),
    (
        "important",
        r"\bimportant\s+message\s+(?:from|to|for)\b|\bimportant\s*!{2,}",
    ),
    (
        "before",
        r"\bbefore\s+(?:you|doing|using|calling|answering|responding|proceeding|continuing)\b.{0,100}?\b(?:you\s+(?:must|have\s+to|need\s+to)|(?:please\s+)?do\s+the\s+following|first|must\s+be)\b",
    ),
    (
        "after",
        r"\bafter\s+(?:you\s+(?:do|did|have\s+done)|doing|completing)\s+(?:that|this|so)\b.{0,60}?\b(?:you\s+can|continue|proceed|return|resume)\b",
    ),
    (
        "system assistant developer",
        r"(?:^|\n|\W)\[?(?:system|assistant|developer)\]?\s*(?:prompt|message|note|notice|alert|instruction)?\s*:\s",
    ),
    (
        "call invoke use execute run trigger",
        r"\b(?:call|invoke|use|execute|run|trigger)\s+(?:the\s+)?[`'\"]?\w+[_.]\w+[`'\"]?\s*(?:\(|tool\b|function\b|with\b)",
    ),
    (
        "user human operator owner",
        r"\b(?:do\s+not|don't|never|without)\s+(?:tell(?:ing)?|inform(?:ing)?|mention(?:ing)?|notify(?:ing)?|alert(?:ing)?|ask(?:ing)?|report(?:ing)?)\s+(?:\w+\s+){0,3}(?:the\s+|your\s+)?(?:user|human|operator|owner)\b",
    ),
    (
        "must should please required instructed",
        r"\b(?:ai|llm|language)\s+(?:assistant|agent|model)s?\b.{0,40}\b(?:must|should|please|required|instructed)\b",
    ),
    (
        "now new",
        r"\b(?:you\s+are\s+now|from\s+now\s+on|new\s+(?:instructions?|task|objective|goal)\s*:)",
    ),
    (
        "tool function invoke",
        r"<(?:tool_call|function_calls?|invoke|tool_use)\b|\"tool_calls\"\s*:",
    ),
    (
        "instead",
        r"\binstead\s*,?\s+(?:you\s+(?:must|should|will)|please\s+)?\s*(?:do|perform|execute|follow)\s+the\s+following\b",
    ),
    (
        "your",
        r"\b(?:your\s+(?:real|true|actual|new|only)\s+(?:task|goal|objective|instruction|purpose|role)s?)\b",
    ),
)
"""Signs of which a text needs two."""

_SIGNS: Final = tuple(
    (tuple(words.split()), re.compile(sign, re.DOTALL), signs is _PLAIN)
    for signs in (_PLAIN, _VAGUE)
    for words, sign in signs
)


class Injection:
    """Instructions addressed to a model."""

    kinds = frozenset({"INJECTION"})

    def detect(self, texts: tuple[Located, ...], wanted: frozenset[str]) -> list[Hit]:
        """Return one hit for each text with a plain sign or two vague ones."""
        if not wanted & self.kinds:
            return []
        readable = [(at, _readable(located.text)) for at, located in enumerate(texts)]
        kept = [(at, text) for at, text in readable if text]
        found = _signs(Joined([Located((), text) for _, text in kept]))
        return [
            Hit(kept[at][0], "INJECTION", Span(0, len(texts[kept[at][0]].text)), 1.0, "injection")
            for at in sorted(found)
        ]


def _signs(joined: Joined) -> set[int]:
    """Return the texts that show a plain sign, or two vague ones."""
    plain: set[int] = set()
    vague: defaultdict[int, int] = defaultdict(int)
    for words, sign, enough in _SIGNS:
        if not any(word in joined.text for word in words):
            continue
        matches = sign.finditer(joined.text)
        touched = {index for match in matches for index, _ in joined.parts(*match.span())}
        if enough:
            plain |= touched
        for index in () if enough else touched:
            vague[index] += 1
    return plain | {index for index, signs in vague.items() if signs > 1}


def _readable(text: str) -> str:
    """Fold case, width, white space, look-alikes and invisible characters, as a model reads."""
    usual = text if text.isascii() else plain(text).text
    return " ".join(usual.lower().split())
