"""The words for months and days in the languages of our customers, as patterns in the spelling of a folded view.

One table per meaning, all languages together: a date is read without knowing the language of its message, and
another language adds its words here. Persian and Russian stand in Latin letters too, because people type them so.
"""

from bot.understanding.views import fold


def _folded(table: dict[int, str]) -> dict[int, str]:
    return {key: fold(pattern) for key, pattern in table.items()}


MONTHS = _folded(
    {
        1: r"jan|january|leden|ledna|lednu|január\w{0,4}|janúar|янв|январ[яьей]|ژانویه",
        2: r"feb|february|únor[aeu]?|febr|február\w{0,4}|febrúar|фев|феврал[яьей]|فوریه",
        3: r"march|březen|březn[aeu]|márc|március\w{0,4}|mars|марта?е?|مارس",
        4: r"apr|april|duben|dubn[aeu]|ápr|április\w{0,4}|apríl|апр|апрел[яьей]|آوریل|اپریل",
        5: r"may|květen|květn[aeu]|máj|május\w{0,4}|maí|ма[йяе]|مه",
        6: r"jun|june|červen|červn[aeu]|jún|június\w{0,4}|júní|июн[яьей]|ژوئن",
        7: r"jul|july|červenec|červenc[ei]|júl|július\w{0,4}|júlí|июл[яьей]|ژوئیه|جولای|ژوییه",
        8: r"aug|august|srpen|srpn[aeu]|augusztus\w{0,4}|ágúst|ág|авг|август[ае]?|اوت|آگوست|اگوست",
        9: r"sep|sept|september|září|szept|szeptember\w{0,4}|сент?|сентябр[яьей]|سپتامبر",
        10: r"oct|october|říjen|říjn[aeu]|okt|október\w{0,4}|окт|октябр[яьей]|اکتبر",
        11: r"nov|november\w{0,4}|listopad[ue]?|nóv|nóvember|ноя|нояб|ноябр[яьей]|نوامبر",
        12: r"dec|december\w{0,4}|prosinec|prosinc[ei]|des|desember|дек|декабр[яьей]|دسامبر",
    }
)
PERSIAN_MONTHS = _folded(
    {
        1: r"فروردین|farvardin",
        2: r"اردیبهشت|ordibehesht",
        3: r"خرداد|khordad",
        4: r"تیر|tir",
        5: r"مرداد|امرداد|mordad",
        6: r"شهریور|shahrivar",
        7: r"مهر|mehr",
        8: r"آبان|aban",
        9: r"آذر|azar",
        10: r"دی|dey",
        11: r"بهمن|bahman",
        12: r"اسفند|esfand",
    }
)

# How many days from today. "ma" is not among them: see HUNGARIAN_TODAY.
RELATIVE_DAYS = _folded(
    {
        -2: r"day before yesterday|předevčírem|tegnapelőtt|í fyrradag|پریروز|parirooz|позавчера|pozavchera",
        -1: r"yesterday|včera|včerejšk\w{1,2}|tegnap\w{0,3}|í gær|دیروز|dirooz|diruz|вчера|vchera",
        0: r"today|tonight|dnes|dneska|dnešk\w{1,2}|mai nap\w{0,3}|í dag|í kvöld"
        r"|امروز|امشب|emrooz|emruz|сегодня|segodnya",
        1: r"tomorrow|tomorow|tommorow|tommorrow|tmrw|zítra|zítřk\w{1,2}|zejtra|holnap\w{0,3}|á morgun"
        r"|فردا|farda|завтра|zavtra",
        2: r"day after tomorrow|pozítří|pozítřk\w{1,2}|holnapután\w{0,3}|hinn daginn|ekki á morgun heldur hinn"
        r"|پس ?فردا|pas ?farda|послезавтра|poslezavtra",
    }
)
# Hungarian "ma" is Czech "má" without its accent: it counts alone, or in a message with a Hungarian word.
HUNGARIAN_TODAY = "ma"
HUNGARIAN_WORDS = fold(
    r"még|már|nem|mikor|hogy|kell|délután|délelőtt|délben|reggel|este|éjjel|jön|kapom|megkapom|lesz|nyitva"
    r"|érkez\w{1,6}|megérkez\w{1,6}|szállít\w{1,8}|rendel\w{1,8}|csomag\w{1,6}|futár\w{0,3}|kér\w{1,4}|szeretn\w{1,4}"
)

WEEKDAYS = _folded(
    {
        0: r"mondays?|pondělí\w{0,2}|pondělk\w{1,2}|hétfő\w{0,3}|mánud[aeö]g\w{0,4}|دوشنبه|2 ?شنبه|doshanbe"
        r"|понедельник\w?|ponedelnik",
        1: r"tuesdays?|úterý|úterk\w{1,2}|úterek|kedd\w{0,3}|þriðjud[aeö]g\w{0,4}|سه ?شنبه|3 ?شنبه|seshanbe"
        r"|вторник\w?|vtornik",
        2: r"wednesdays?|střed[auyeo]u?|szerd[aá]\w{0,3}|miðvikud[aeö]g\w{0,4}|چهار ?شنبه|4 ?شنبه|chaharshanbe"
        r"|сред[ауые]|sreda",
        3: r"thursdays?|čtvrtek|čtvrtk\w{1,2}|csütörtök\w{0,3}|fimmtud[aeö]g\w{0,4}|پنج ?شنبه|5 ?شنبه|panjshanbe"
        r"|четверг\w?|chetverg",
        4: r"fridays?|pátek|pátk\w{1,2}|péntek\w{0,3}|föstud[aeö]g\w{0,4}|جمعه|jome|пятниц\w|pyatnitsa",
        5: r"saturdays?|sobot\w{1,2}|szombat\w{0,3}|laugard[aeö]g\w{0,4}|شنبه|shanbe|суббот\w|subbota",
        6: r"sundays?|neděl\w{1,2}|vasárnap\w{0,3}|sunnud[aeö]g\w{0,4}|یک ?شنبه|1 ?شنبه|yekshanbe"
        r"|воскресень\w|voskresenie",
    }
)
# A weekday is the coming one unless one of these stands before it or behind it.
PAST_BEFORE = fold(r"last|past|previous|minul\w{1,3}|múlt|előző|síðast\w{1,7}|liðinn|прошл\w{2,3}|прошедш\w{2,3}")
PAST_BEHIND = fold(r"گذشته|قبل|پیش")

# "on 24.12" is a date although its last point is missing.
BEFORE_DAY = fold(
    r"on|by|from|since|until|till|before|after|dne|od|do|na|před|kolem|þann|frá|fyrir|eftir|с|со|от|до|на|к|после|از|تا"
)
# What follows the number of the day: "the 24th of", "24. prosince", "24-го", and in Hungarian "december 24-én".
BEHIND_DAY = fold(r"(?:st|nd|rd|th|-?(?:го|ого|му|ое|е)|ام|م)?\.?(?: of)?")
BEHIND_MONTHS_DAY = fold(r"(?:st|nd|rd|th|\.?-[a-z]{1,4}|j?[ae]n)?(?!\w)")
