"""The words for numbers and pieces in the languages of our customers, in the spelling of a folded view.

Per language, because "ten" is 10 in English and "that" in Czech; another language adds its words here.
"""

from dataclasses import dataclass

from bot.understanding.views import fold

# One to twelve, in the forms in which things are counted.
_COUNTING = {
    "en": "one two three four five six seven eight nine ten eleven twelve",
    "cs": "jeden|jedna|jedno|jednu|jednoho dva|dvě|dvou tři|třech čtyři pět|pěti šest|šesti sedm osm devět deset"
    " jedenáct dvanáct",
    "hu": "egy|egyet kettő|két|kettőt|kétt három|hármat négy|négyet öt|ötöt hat|hatot hét|hetet nyolc|nyolcat"
    " kilenc|kilencet tíz|tízet tizenegy|tizenegyet tizenkettő|tizenkét|tizenkettőt",
    "is": "einn|eina|eitt|ein|einu|einum tveir|tvo|tvær|tvö|tveimur þrír|þrjá|þrjár|þrjú|þremur"
    " fjórir|fjóra|fjórar|fjögur|fjórum fimm sex sjö átta níu tíu ellefu tólf",
    "fa": "یک|یه|yek دو سه چهار|چار|chahar پنج|panj شش|شیش|shish هفت|haft هشت|hasht نه ده یازده دوازده",
    "ru": "один|одна|одно|одну|одной|одного|odin|odnu два|две|двух|двумя|dva|dve три|трех|tri четыре|четырех|chetyre"
    " пять|пяти|pyat шесть|шести семь|семи восемь|восьми девять|девяти десять|десяти одиннадцать двенадцать",
}
NEVER_ALONE = frozenset(("نه",))  # nine, and no

# Words that stand for so many; "pár" is not among them, it is a few.
SEVERAL = {
    2: fold(r"pairs?(?: of)?|jóðpar|جفت"),
    12: fold(r"dozens?(?: of)?|tuct\w{1,2}|tucet|tucat\w{0,3}|tylft\w{0,2}|دوجین|дюжин\w{0,2}"),
}
HALF = fold(r"half|půl|fél|hálf\w{0,2}|نصف|نیم|пол")

PIECES = {
    "en": fold(r"pcs?|pieces?|units?|items?|sets?|packs?|of them"),
    "cs": fold(r"ks|kus\w{0,2}|kousk\w{0,3}|kousek|sad[ayu]|balení"),
    "hu": fold(r"db|darab\w{0,3}|szett\w{0,2}|doboz\w{0,3}"),
    "is": fold(r"stk|stykk\w{1,3}|sett|eintök|eintak\w{0,2}"),
    # "2 تا 5" is "2 to 5", and "10482 تا" is an order "until" some day.
    "fa": fold(
        r"(?<!\d{5})(?<!\d{5} )تا(?:ش|شو|یی)?(?! ?\d| (?:سه|چهار|پنج|شش|هفت|ده)(?!\w))|عدد|دونه|دانه|بسته|ta|adad|doone"
    ),
    "ru": fold(r"шт|штук\w{0,2}|штучк\w{1,2}|комплект\w{0,2}|набор\w{0,2}|упаков\w{1,2}|экз|sht|shtuk\w?"),
}

# "quantity: 4", "změnit množství na 4"
QUANTITY = fold(r"quantity|qty|množství|počet|mennyiség\w{0,4}|fjöld\w{1,3}|magn|تعداد\w{0,2}|количеств\w")

# A number before one of these counts no products: beginnings of the words for times and sizes.
MEASURES = fold(
    r"day|week|month|year|hour|min|cm|mm|inch|watt|kg|ago|percent|am|pm"
    r"|dn[yiu]|dní|den|týdn|týden|měsíc|rok|let|hodin|pro"
    r"|nap|hét|hete|hónap|óra|órá|perc|éve"
    r"|dag|dög|vik|mánuð|ár|klukk|mínút"
    r"|روز|هفته|ماه|سال|ساعت|دقیقه|سانت|تا"
    r"|дн|день|недел|месяц|год|лет|час|минут|см"
)

# Around a number that is an answer by itself.
ALONE = frozenset(
    fold(
        "just only i d ll want need would like take send have please quantity qty it s so ok yes thanks and"
        " jen jenom pouze chci chtěl chtěla bych prosím ano množství počet děkuji"
        " csak kérek szeretnék kérnék igen mennyiség rendelnék kérem köszönöm"
        " bara takk ég vil fá já magn fjöldi"
        " فقط لطفا میخوام میخواهم بله تعداد ممنون"
        " только пожалуйста хочу нужно мне да количество спасибо , . ! ?"
    ).split()
)


@dataclass(frozen=True)
class NumberWord:
    """What a word counts, and the languages in which it does."""

    value: int
    languages: frozenset[str]


def _read_counting() -> dict[str, NumberWord]:
    """Raises ValueError when one spelling stands for two numbers."""
    read: dict[str, NumberWord] = {}
    for language, numbers in _COUNTING.items():
        for value, forms in enumerate(fold(numbers).split(), start=1):
            for form in forms.split("|"):
                known = read.get(form, NumberWord(value, frozenset()))
                if known.value != value:
                    raise ValueError(f"{form!r} stands for {known.value} and for {value}")
                read[form] = NumberWord(value, known.languages | {language})
    return read


NUMBERS = _read_counting()
