"""Text comes back whole, whatever encoding it was written in; short ones by the language of who sent them."""

import codecs
import string

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.domain.messages import FileKind
from bot.files.kinds import kind_of
from bot.files.reader.encodings import decoded
from bot.files.reader.tables import as_rows

TEXTS = {
    "ru": (
        "Причал свободен всю зиму, кроме двух недель в январе.\nЦена места — девяносто крон в сутки, вода и "
        "свет входят. Кто приходит после шести вечера, звонит сторожу: он живёт рядом и открывает ворота, "
        "пока не стемнело."
    ),
    "uk": (
        "Причал вільний усю зиму, крім двох тижнів у січні.\nЦіна місця — дев'яносто крон на добу, вода і "
        "світло входять. Хто приходить після шостої вечора, телефонує сторожеві: він живе поруч і їздить "
        "сюди щодня, навіть у негоду."
    ),
    "de": (
        "Der Liegeplatz ist den ganzen Winter über frei, außer zwei Wochen im Jänner.\nDie Gebühr beträgt "
        "neunzig Kronen täglich, Wasser und Strom gehören dazu. Wer nach sechs kommt, läutet beim Wächter; "
        "er öffnet das große Tor."
    ),
    "fr": (
        "La place est libre tout l'hiver, sauf deux semaines en février.\nElle coûte quatre-vingt-dix "
        "couronnes par jour, eau et électricité comprises. Après six heures, téléphonez au gardien : il "
        "habite à côté et vous ouvrira."
    ),
    "es": (
        "El amarre está libre todo el invierno, salvo dos semanas en enero.\nCuesta noventa coronas al día, "
        "con agua y electricidad. Quien llegue después de las seis llamará al vigilante, que vive aquí al "
        "lado; mañana también."
    ),
    "pl": (
        "Miejsce jest wolne przez całą zimę, oprócz dwóch tygodni w styczniu.\nCena wynosi dziewięćdziesiąt "
        "koron za dobę, woda i prąd są wliczone. Kto przyjeżdża po szóstej, dzwoni do stróża; mieszka tuż "
        "obok i otworzy bramę."
    ),
    "el": (
        "Η θέση είναι ελεύθερη όλο τον χειμώνα, εκτός από δύο εβδομάδες τον Ιανουάριο.\nΚοστίζει ενενήντα "
        "κορώνες την ημέρα, μαζί με νερό και ρεύμα. Όποιος έρχεται μετά τις έξι τηλεφωνεί στον φύλακα, που "
        "μένει δίπλα."
    ),
    "tr": (
        "İskele kışın tamamı boyunca boş, yalnız ocak ayında iki hafta dolu.\nGünlüğü doksan kron, su ve "
        "elektrik içinde. Akşam altıdan sonra gelen bekçiyi arasın; hemen yanda oturuyor ve kapıyı açıyor, "
        "çoğu zaman güler yüzle."
    ),
    "he": (
        "המקום פנוי כל החורף, חוץ משבועיים בינואר.\nהמחיר תשעים כתר ליום, כולל מים וחשמל. מי שבא אחרי שש מתקשר לשומר."
    ),
    "ar": ("المكان شاغر طوال الشتاء ما عدا أسبوعين في يناير.\nالسعر تسعون كرونة في اليوم، والماء والكهرباء ضمن السعر."),
    "th": ("ท่าเรือว่างตลอดฤดูหนาว ยกเว้นสองสัปดาห์ในเดือนมกราคม\nราคาเก้าสิบโครนต่อวัน รวมน้ำและไฟฟ้าแล้ว"),
    "ja": (
        "桟橋は冬の間ずっと空いていますが、一月の二週間だけは使えません。\n料金は一日九十クローネで、"
        "水と電気が含まれています。"
    ),
    "zh": (
        "码头整个冬天都空着，只有一月的两个星期除外。\n价格是每天九十克朗，包括水和电。六点以后到的人请给看守打电话。"
    ),
    "ko": (
        "부두는 일월의 두 주를 빼고 겨울 내내 비어 있습니다.\n값은 하루에 구십 크로네이며 물과 전기가 들어 있습니다."
    ),
    "hi": ("घाट पूरी सर्दी खाली रहता है, जनवरी के दो हफ़्तों को छोड़कर।\nकिराया रोज़ नब्बे क्रोन है, पानी और बिजली समेत।"),
    "ta": ("படகுத்துறை குளிர்காலம் முழுவதும் காலியாக உள்ளது.\nகட்டணம் ஒரு நாளைக்கு தொண்ணூறு குரோன்."),
}
UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
WRITTEN_IN = {
    "ru": "cp1251 koi8-r koi8-u cp866 cp855 cp1125 iso8859-5 mac-cyrillic gb18030 shift_jis euc_jp",
    "uk": "cp1251 koi8-u cp1125 iso8859-5 mac-cyrillic utf-7",
    "de": "cp1252 iso8859-1 iso8859-15 cp850 cp437 mac-roman cp273 cp037 cp500 utf-7",
    "fr": "cp1252 iso8859-1 iso8859-15 cp850 cp863 mac-roman cp037 cp500",
    "es": "cp1252 iso8859-1 iso8859-15 cp850 cp437 mac-roman cp037 cp500",
    "pl": "cp1250 iso8859-2 cp852 mac-latin2",
    "el": "cp1253 iso8859-7 cp737 cp869 mac-greek",
    "tr": "cp1254 iso8859-9 cp857 mac-turkish",
    "he": "cp1255 iso8859-8 cp862",
    "ar": "cp1256 iso8859-6 cp720",
    "th": "cp874 tis-620 iso8859-11",
    "ja": "cp932 shift_jis euc_jp iso2022_jp iso2022_jp_2 iso2022_jp_ext",
    "zh": "gb2312 gbk gb18030 hz",
    "ko": "euc_kr cp949 johab iso2022_kr",
    "hi": "",
    "ta": "",
}
PAIRS = [(code, name) for code, names in WRITTEN_IN.items() for name in (*UNICODE, *names.split())]


@pytest.mark.parametrize(("code", "encoding"), PAIRS)
def test_a_text_comes_back_from_every_encoding_it_is_written_in(code: str, encoding: str) -> None:
    written = TEXTS[code].encode(encoding, "ignore")
    meant = written.decode(encoding)
    assert kind_of(written) is FileKind.TEXT
    for sender in ("en", "ru", "zh"):
        assert decoded(written, sender) == meant


@given(st.sampled_from(PAIRS), st.data())
@settings(max_examples=60, deadline=None)
def test_where_a_text_is_cut_costs_no_more_than_the_letter_that_was_cut(
    pair: tuple[str, str], data: st.DataObject
) -> None:
    code, encoding = pair
    assume(encoding in UNICODE[:3] + UNICODE[5:6])
    written = TEXTS[code].encode(encoding)
    cut = data.draw(st.integers(len(written) // 2, len(written)))
    read = decoded(written[:cut], code).rstrip("\ufffd")
    assert TEXTS[code].startswith(read)
    assert len(read) >= len(TEXTS[code].encode(encoding)[:cut].decode(encoding, "ignore")) - 1


@pytest.mark.parametrize("text", ["Причал свободен", "Größe und Maße", "你好，世界", "مرحبا بكم"])
def test_utf_8_that_begins_and_ends_in_mid_letter_is_utf_8(text: str) -> None:
    written = text.encode()
    halves = [sign for sign in (text[0], text[-1]) if len(sign.encode()) > 1]
    for begin in range(len(text[0].encode())):
        for end in range(len(text[-1].encode())):
            read = decoded(written[begin : len(written) - end], "en")
            assert read.strip() in text
            assert len(read) >= len(text) - len(halves)


@pytest.mark.parametrize(
    ("text", "language", "encodings"),
    [
        ("Цена 90 крон", "ru", "cp1251 koi8-r cp866 iso8859-5"),
        ("Привет", "ru", "cp1251 koi8-r cp866"),
        ("Привіт, як справи?", "uk", "koi8-u cp1251 mac-cyrillic cp1125"),
        ("Ціна 90 грн", "uk", "cp1251 koi8-u cp1125"),
        ("Größe", "de", "cp1252 iso8859-15 cp850 mac-roman cp437"),
        ("Größe", "en", "cp1252 iso8859-15 cp850"),
        ("Übergröße: 12 Stück", "de-AT", "cp1252 cp850"),
        ("name;Straße\r\nKöln;Weg 1\r\n", "de", "cp1252 cp850 mac-roman"),
        ("mañana", "es", "cp1252 cp850"),
        ("Café", "fr", "cp1252 cp850 mac-roman"),
        ("Żółć", "pl", "cp1250 iso8859-2"),
        ("你好，世界", "zh", "gb18030 gbk"),
        ("価格は90円です", "ja", "cp932 euc_jp iso2022_jp"),
    ],
)
def test_a_short_text_is_read_in_the_language_of_who_sent_it(text: str, language: str, encodings: str) -> None:
    for encoding in encodings.split():
        assert decoded(text.encode(encoding), language) == text


@pytest.mark.parametrize(
    "text",
    [
        "Price: 5 €\nName: Bob\n",
        "Preis 5\xa0€",
        "£12.50 each",
        "20 °C",
        "© 2026 Acme",
        "½ cup",
        "3 × 4",
        "§ 5",
        "12 m² or 3 km²",
        "Acme® and 3½ cups (© Eve)",
        "It’s “fine” – ok",
        "• one\n• two",
        "café 5 €",
        "für 5 €",
    ],
)
def test_signs_in_a_western_text_are_no_letters_of_elsewhere(text: str) -> None:
    for sender in ("en", "de", "ru", "zh"):
        assert decoded(text.encode("cp1252"), sender) == text
    assert decoded("5 €".encode("iso8859-15")) == "5 €"
    assert decoded("Цена 5".encode("cp1251")) == "Цена 5", "Letters stay letters."
    assert decoded("Michał".encode("cp1250"), "pl") == "Michał"


def test_a_log_with_zeros_and_colours_is_text_without_them() -> None:
    lines = [f"2026-11-28 12:00:{n:02} worker {n}: done, größer\n" for n in range(9)]
    log = "\0".join(lines[:4]) + "".join(lines[4:])
    assert kind_of(log.encode()) is FileKind.TEXT
    assert decoded(log.encode()) == "".join(lines)
    assert decoded(b"\x1b[31mred\x1b[0m\0") == "red"


@given(st.binary(min_size=40, max_size=400))
def test_noise_is_no_text(noise: bytes) -> None:
    assume(sum(byte < 32 or 0x7F <= byte < 0xA0 for byte in noise) > len(noise) // 5)
    assume(not noise.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8)))
    text = decoded(noise) if kind_of(noise) is FileKind.TEXT else ""
    assert "\0" not in text


@given(
    st.lists(st.lists(st.text(string.ascii_letters + '",;\n ', min_size=1), min_size=2, max_size=4), min_size=2),
    st.sampled_from(",;\t"),
)
def test_a_table_keeps_every_cell_in_its_row_and_column(rows: list[list[str]], mark: str) -> None:
    import csv
    import io

    width = min(map(len, rows))
    rows = [[cell.strip() or "x" for cell in row[:width]] for row in rows]
    written = io.StringIO()
    csv.writer(written, delimiter=mark, quoting=csv.QUOTE_ALL).writerows(rows)
    read = as_rows(written.getvalue())
    assert read is not None
    assert [line.split("\t") for line in read.split("\n")] == [[" ".join(cell.split()) for cell in row] for row in rows]


@pytest.mark.parametrize(
    "text",
    [
        'x = f("a", "b")\ny = f("c", "d")\n',
        'He said "yes", then left.\nShe said "no", and stayed.\n',
        '{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n',
        "| a | b |\n| - | - |\n| 1 | 2 |\n",
        "one word\n",
    ],
)
def test_prose_and_programs_stay_as_they_are(text: str) -> None:
    assert as_rows(text) is None


@pytest.mark.parametrize(
    ("text", "encodings"),
    [
        ("日本語", "cp932 euc_jp"),
        ("価格は九十円です", "cp932 euc_jp"),
        ("繁體中文", "big5"),
        ("码头空着", "gb18030"),
        ("정박료", "cp949"),
    ],
)
def test_a_few_signs_of_the_east_are_read_whoever_sent_them(text: str, encodings: str) -> None:
    language = {"日": "ja", "価": "ja", "繁": "zh", "码": "zh", "정": "ko"}[text[0]]
    for encoding in encodings.split():
        assert decoded(text.encode(encoding), language) == text
    assert language == "ko" or decoded(text.encode(encodings.split()[0]) * 9, "en") == text * 9


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (
            "Pavlovitš Tšehhov oli vene näite- ja novellikirjanik, tema jutustused on tõlgitud ja neid loetakse tänagi",
            "iso8859-15",
        ),
        (
            "Pavlovitš Tšehhov oli vene näite- ja novellikirjanik, tema jutustused on tõlgitud ja neid loetakse tänagi",
            "cp1252",
        ),
        ("Prirodno je rasprostranjena vrsta drveća u zapadnoj i južnoj Europi, a raste i drugdje", "iso8859-13"),
        ("Zofia została żoną Władysława Jagiełły, a książę urodził się we wrześniu", "iso8859-13"),
        ("dzimis gada martā, miris jūlijā, bija nīderlandiešu gleznotājs pēdējo gadu", "iso8859-10"),
    ],
)
def test_a_text_is_read_in_letters_of_its_language(text: str, encoding: str) -> None:
    for sender in ("en", "ru"):
        assert decoded(text.encode(encoding), sender) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a,b,c\n\0,2,3\n", "a,b,c\n,2,3\n"),
        (b'"\t\n\v\f\r start ",b\nc,d\n', '"\t\n \f\r start ",b\nc,d\n'),
        (b"name,price\nWine\0,90\nBeer,\v12\n", "name,price\nWine,90\nBeer, 12\n"),
        (b"\x1b]0;title\x07\x1b[1;31mERROR\x1b[m boom\x1b[K\x1b(B end\n", "ERROR boom end\n"),
    ],
)
def test_a_short_text_with_signs_that_nobody_sees_is_text_without_them(data: bytes, text: str) -> None:
    assert kind_of(data) is FileKind.TEXT
    assert decoded(data) == text


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic"])
@pytest.mark.parametrize("text", ["Привет", "Здравствуйте, Ева"])
@pytest.mark.parametrize("sender", ["ja", "zh", "ko"])
def test_a_few_letters_of_another_writing_are_no_signs_of_the_east(text: str, encoding: str, sender: str) -> None:
    read = decoded(text.encode(encoding), sender)
    assert not any("\u3040" <= sign <= "\u9fff" or "\uac00" <= sign <= "\ud7a3" for sign in read)
