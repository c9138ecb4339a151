"""What may leave the house: forms of address instead of full names; no door codes, keys, phone numbers, illness or frailty.

The words of the rules are the house's own; what is held here is free text of the registry: names, addresses, rooms.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Chinese forms of address and how they are said in English; the longer one is found first.
_TITLES = {
    "女士": "Ms",
    "先生": "Mr",
    "太太": "Mrs",
    "小姐": "Miss",
    "老师": "Teacher",
    "医生": "Dr",
    "师傅": "Master",
    "奶奶": "Grandma",
    "爷爷": "Grandpa",
    "外婆": "Grandma",
    "外公": "Grandpa",
    "婆婆": "Granny",
    "公公": "Grandpa",
    "阿姨": "Auntie",
    "伯伯": "Uncle",
    "叔叔": "Uncle",
    "大爷": "Uncle",
    "大妈": "Auntie",
    "大娘": "Auntie",
    "大叔": "Uncle",
    "大姐": "Sister",
    "大哥": "Brother",
    "阿婆": "Granny",
    "阿公": "Grandpa",
    "伯": "Uncle",
    "叔": "Uncle",
    "婶": "Auntie",
    "姨": "Auntie",
    "婆": "Granny",
    "老": "Elder",
}
_TWO_CHARACTER_SURNAMES = frozenset(
    "欧阳 司徒 司马 上官 诸葛 夏侯 皇甫 尉迟 公孙 慕容 令狐 东方 西门 南宫 端木 申屠".split()  # noqa: SIM905 a list of names reads best so
)
_LATIN_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "auntie", "uncle"})
_FAMILIAR = "阿老小"  # 阿珍, 老王: a form of address, not a full name
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]+")
_SECRET = re.compile(
    r"[，,；;。（(\s]*(密码|门禁|门锁|钥匙|电话|手机|口令|(?<![a-z])(?:passcode|password|code|keys?|phone|tel|pin)(?![a-z]))",
    re.IGNORECASE,
)
# Illness, disability, living alone: named where it is common in registries, and whatever ends in 病, 症 or 癌.
_CONDITION = re.compile(
    r"(?:老年|早期|晚期|中期|轻度|中度|重度|疑似|严重)*"
    r"(?:阿尔茨海默|阿尔兹海默|帕金森|认知障碍|精神障碍|精神分裂|智力障碍|痴呆|失智|抑郁|焦虑|癫痫|自闭|艾滋|梅毒|结核|肝炎|肺炎|关节炎|胃炎|肾炎"
    r"|肿瘤|化疗|放疗|透析|尿毒|高血压|低血压|高血糖|低血糖|血糖|糖尿|冠心|心脏|心梗|心衰|脑梗|脑出血|脑卒中|卒中|中风|偏瘫|瘫痪|截瘫|骨折"
    r"|骨质疏松|哮喘|慢阻肺|肝硬化|白内障|青光眼|痛风|褥疮|造瘘|胃管|尿管|失禁|起搏器|胰岛素|失明|失聪|聋哑|半?失能|残疾|独居|空巢"
    r"|[\u3400-\u9fff]{0,2}(?:病(?![房区院床])|症|癌))"
    r"(?:综合征|患者|病人|病史|术后|早期|晚期|病(?![房区院床])|症|人)*"
    # Latin: what means nothing else wherever it stands; else where no letter is beside it (no \b: 栋 is of a word as well).
    r"|[a-z]*(?:diabet|dementia|alzheimer|parkinson|epilep|depress|disab|asthma|schizophren|hypertens|paralys|incontinen)[a-z]*"
    r"|(?<![a-z])(?:cancer|tumou?r|stroke|hiv|aids|dialysis|lives? alone|living alone)(?![a-z])(?:'s)?",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"[（(\[【][^（()）\[\]【】]*[)）\]】]")  # what stands in brackets
_EMPTY_ASIDE = re.compile(r"[（(\[【][\s，,、；;]*[)）\]】]")
# A mobile number however grouped, a landline, a foreign number, or any seven digits in a row; not 12-3-1201, a door.
_LONG_NUMBER = re.compile(r"(?<!\d)1\d{2}[- ]?\d{4}[- ]?\d{4}(?!\d)|0\d{2,3}-\d{7,8}|\+\d[\d -]{6,}|\d{7,}")
_RUN_OF_DIGITS = re.compile(r"\d(?:[ -]?\d){9,}")  # what is left of one with a door's number glued to it


def form_of_address(name: str) -> tuple[str, str]:
    """A resident's 称呼 in Chinese and English: surname and title, whatever else the registry's field holds.

    王女士 → (王女士, Ms 王); a full name is cut to its surname: 王秀英 → (王姓长者, elder 王), 王秀英奶奶 → (王奶奶, …);
    an illness is left out: 王女士（糖尿病） → 王女士.
    """
    name = without_conditions(name)
    if _HAN.fullmatch(name) is None:
        return _latin(name)
    if name in _TITLES or (len(name) == 2 and name[0] in _FAMILIAR):  # noqa: PLR2004 阿 and one character
        return name, name
    for title, english in _TITLES.items():
        if name.endswith(title):
            surname = _surname(name.removesuffix(title))
            return surname + title, f"{english} {surname}"
    surname = _surname(name)
    return (f"{surname}姓长者", f"elder {surname}") if surname else ("长者", "the resident")


def full_name(name: str) -> str:
    """The full name in a resident's field, without a title; '' where it holds only a surname or a familiar name."""
    name = without_conditions(name)
    if _HAN.fullmatch(name) is None:
        return name if len(name.split()) > 1 else ""
    if len(name) == 2 and name[0] in _FAMILIAR:  # noqa: PLR2004 as above
        return ""
    title = next((title for title in _TITLES if name.endswith(title)), "")
    bare = name.removesuffix(title)
    return bare if len(bare) > len(_surname(bare)) else ""


def masked(name: str) -> str:
    """A resident's name for those who need only tell homes apart: the surname and stars, whatever else the field holds.

    王秀英, 王女士, 王** → 王**; 欧阳秀英 → 欧阳**; Mary Wong → W**. Never the given name, never how long it is.
    """
    name = without_conditions(name)
    found = _HAN.search(name)
    if found is not None:
        bare = next((found[0].removesuffix(title) for title in _TITLES if found[0].endswith(title)), found[0])
        compound = bare[:2] in _TWO_CHARACTER_SURNAMES and len(found[0]) > 2  # noqa: PLR2004 欧阳 and something
        return (bare or found[0])[: 2 if compound else 1] + "**"
    words = [word for word in name.split() if word[0].isalpha()]
    return f"{words[-1][0]}**" if words else "**"


@lru_cache(maxsize=4096)  # names and addresses come again with each message, and it looks for many words
def discreet(text: str) -> str:
    """What the registry says of a spot, up to where it speaks of keys, codes or phones.

    Long numbers are blotted out; illness, disability and that somebody lives alone are left out.
    """
    secret = _SECRET.search(text)
    if secret is not None:
        text = text[: secret.start()].rstrip(" ：:（(")
    return without_conditions(without_numbers(text))


@lru_cache(maxsize=4096)
def without_conditions(text: str) -> str:
    """The text without illness, disability or frailty: a bracket that speaks of one goes whole, else the words alone."""
    if _CONDITION.search(text) is None:
        return text.strip()
    text = _ASIDE.sub(lambda aside: "" if _CONDITION.search(aside[0]) else aside[0], text)
    while _CONDITION.search(text):  # what stood around a word may make another one
        text = _CONDITION.sub("", text)
    return _EMPTY_ASIDE.sub("", text).strip(" ，,、；;：:/-")


def without_numbers(text: str) -> str:
    """The text with every number as long as a phone's blotted out."""
    found = 1
    while found:  # two numbers in one breath: the second begins where the first was
        text, found = _LONG_NUMBER.subn("…", text)
    return _RUN_OF_DIGITS.sub("…", text)


def _surname(name: str) -> str:
    if name[:1] in _FAMILIAR and len(name) == 2:  # noqa: PLR2004 阿珍婆婆 is called so
        return name
    return name[:2] if name[:2] in _TWO_CHARACTER_SURNAMES else name[:1]


def _latin(name: str) -> tuple[str, str]:
    words = name.split()
    if len(words) > 1 and words[0].rstrip(".").lower() in _LATIN_TITLES:
        short = f"{words[0]} {words[-1]}"
        return short, short
    return "长者", "the resident"
