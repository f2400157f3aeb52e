"""Which letters and which encodings a language is written in: what decides where a text is too short to tell."""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass

_CYRILLIC = ("cp1251", "koi8-r", "koi8-u", "cp866", "iso8859-5", "mac-cyrillic", "cp1125", "cp855")
_WESTERN = ("cp1252", "iso8859-15", "mac-roman", "cp850", "cp437", "cp858", "cp865", "cp860", "cp863")
_CENTRAL = ("cp1250", "iso8859-2", "cp852", "mac-latin2", "iso8859-16")
_BALTIC = ("cp1257", "iso8859-13", "iso8859-4", "cp775")
RARE = ("iso8859-10", "iso8859-13", "iso8859-15", "iso8859-16", "iso8859-4", "iso8859-2")
"""What has the letters of more languages than it is made for."""

_GREEK = ("cp1253", "iso8859-7", "cp737", "mac-greek", "cp869")


@dataclass(frozen=True, slots=True)
class Alphabet:
    """`letters` in lower case, beside a to z; `encodings`, the most common first."""

    letters: frozenset[str]
    encodings: tuple[str, ...]

    def spells(self, text: str) -> bool:
        """Whether every word has these letters alone, and capitals only where a person writes them."""
        return not _WITHIN_WORDS.search(text) and all(
            word in _SIGNS or (_in_case(word) and self.letters.issuperset(word.lower())) for word in _WORDS(text)
        )


def _alphabet(encodings: tuple[str, ...], letters: str) -> Alphabet:
    return Alphabet(frozenset(letters + string.ascii_lowercase), encodings)


_WORDS = re.compile(r"[^\W\d_]+|[^\x00-\x7f]").findall
_SIGNS = frozenset("„“”‘’«»–—…€£§°№·©²³½×¡¿\u00a0")
_WITHIN_WORDS = re.compile(r"[^\W\d_][„“”«»…€£§°№©²³½×¡¿][^\W\d_]")
"""What stands between words, standing within one."""


def _in_case(word: str) -> bool:
    return word.islower() or word.isupper() or word[1:].islower() or word.lower() == word.upper()


ALPHABETS: Mapping[str, Alphabet] = {
    "en": _alphabet(_WESTERN, "àâäçèéêëîïñôöùûüß"),
    "de": _alphabet(_WESTERN, "äöüß"),
    "fr": _alphabet(_WESTERN, "àâæçéèêëîïôœùûüÿ"),
    "es": _alphabet(_WESTERN, "áéíñóúü"),
    "it": _alphabet(_WESTERN, "àèéìíîòóùú"),
    "pt": _alphabet(_WESTERN, "áâãàçéêíóôõú"),
    "nl": _alphabet(_WESTERN, "áéëïóöü"),
    "sv": _alphabet(_WESTERN, "åäöé"),
    "da": _alphabet(_WESTERN, "æøåé"),
    "no": _alphabet(_WESTERN, "æøåéòô"),
    "nb": _alphabet(_WESTERN, "æøåéòô"),
    "fi": _alphabet(_WESTERN, "åäöšž"),
    "is": _alphabet((*_WESTERN, "cp861"), "áæðéíóöþúý"),
    "ca": _alphabet(_WESTERN, "àçéèíïóòúü"),
    "pl": _alphabet(_CENTRAL, "ąćęłńóśźż"),
    "cs": _alphabet(_CENTRAL, "áčďéěíňóřšťúůýž"),
    "sk": _alphabet(_CENTRAL, "áäčďéíĺľňóôŕšťúýž"),
    "hu": _alphabet(_CENTRAL, "áéíóöőúüű"),
    "hr": _alphabet(_CENTRAL, "čćđšž"),
    "sl": _alphabet(_CENTRAL, "čšž"),
    "ro": _alphabet(_CENTRAL, "ăâîșțşţ"),
    "et": _alphabet((*_BALTIC, "cp1252", "iso8859-15"), "äõöüšž"),
    "lv": _alphabet(_BALTIC, "āčēģīķļņšūž"),
    "lt": _alphabet(_BALTIC, "ąčęėįšųūž"),
    "tr": _alphabet(("cp1254", "iso8859-9", "cp857", "mac-turkish"), "çğıöşüâîû\u0307"),
    "ru": _alphabet(_CYRILLIC, "абвгдежзийклмнопрстуфхцчшщъыьэюяё"),
    "uk": _alphabet(_CYRILLIC, "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"),
    "be": _alphabet(_CYRILLIC, "абвгдеёжзійклмнопрстуўфхцчшыьэюя"),
    "bg": _alphabet(_CYRILLIC, "абвгдежзийклмнопрстуфхцчшщъьюя"),
    "sr": _alphabet((*_CYRILLIC, *_CENTRAL), "абвгдђежзијклљмнњопрстћуфхцчџшčćđšž"),
    "mk": _alphabet(_CYRILLIC, "абвгдѓежзѕијклљмнњопрстќуфхцчџш"),
    "el": _alphabet(_GREEK, "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"),
    "he": _alphabet(("cp1255", "iso8859-8", "cp862"), "אבגדהוזחטיךכלםמןנסעףפץצקרשת"),
}
