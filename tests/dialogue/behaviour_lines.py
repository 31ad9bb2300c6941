"""How the people of each language are unclear, angry, ask for two things at once, or for the last words again.

`lost` are vague messages: at least one of them is not understood. `vague` are messages that may mean two things.
"""

from typing import TypedDict


class BehaviourLines(TypedDict):
    two: str
    cancel_and_card: str
    fragment: str
    repeat: str
    restart: str
    english: str
    ok: str
    lost: tuple[str, ...]
    vague: tuple[str, ...]
    angry: tuple[str, ...]


BEHAVIOUR: dict[str, BehaviourLines] = {
    "en": {
        "two": "where is ORD-2026-1042 and when are you open?",
        "cancel_and_card": "cancel it. and can I pay by card?",
        "fragment": "where is my order",
        "repeat": "sorry, can you say that again?",
        "restart": "let's start over from the beginning",
        "english": "please talk English to me",
        "ok": "ok",
        "lost": (
            "what about mine and the rest",
            "so what about that then",
            "well the usual thing again",
            "so anyway the second is bigger than I thought",
            "something about the third one maybe",
        ),
        "vague": ("what about mine and the rest", "about my money", "the one from yesterday you know"),
        "angry": (
            "THIEVES! GIVE ME MY MONEY BACK!!!",
            "YOU ARE LIARS AND CROOKS, THIS IS THE THIRD TIME!!!",
            "useless idiots, I have had enough of you!!!",
            "I am absolutely livid, you crooks!!!",
        ),
    },
    "cs": {
        "two": "kde je ORD-2026-1042 a kdy máte otevřeno?",
        "cancel_and_card": "nech to být. A můžu platit kartou?",
        "fragment": "kde je moje objednávka",
        "repeat": "můžete to prosím zopakovat?",
        "restart": "začněme znovu od začátku",
        "english": "mluvte se mnou prosím anglicky",
        "ok": "ok",
        "lost": ("to druhé od minula", "a co to moje", "o tom čísle a penězích"),
        "vague": ("a co to moje", "to druhé od minula", "o tom čísle a penězích"),
        "angry": (
            "JSTE ZLODĚJI! VRAŤTE MI PENÍZE!!!",
            "už potřetí píšu a nikdo mi neodpovídá, jste neschopní idioti!!!",
            "JSTE PODVODNÍCI A ZLODĚJI!!!",
            "to je skandál, jste banda neschopných idiotů!!!",
        ),
    },
    "hu": {
        "two": "hol van az ORD-2026-1042 és mikor vannak nyitva?",
        "cancel_and_card": "hagyjuk. És lehet kártyával fizetni?",
        "fragment": "hol van a rendelésem",
        "repeat": "elmondaná még egyszer, kérem?",
        "restart": "kezdjük elölről az egészet",
        "english": "váltsunk angolra, kérem",
        "ok": "ok",
        "lost": ("a múltkori dolog miatt", "a szokásos ügyben", "az enyém mögé tette"),
        "vague": ("a szokásos ügyben", "az enyém mögé tette", "a pénzemről és a csomagról"),
        "angry": (
            "TOLVAJOK! ADJÁTOK VISSZA A PÉNZEM!!!",
            "ez már a harmadik levelem, szégyelljétek magatokat, csalók!!!",
            "SZÉGYELLJÉTEK MAGATOKAT, TOLVAJOK!!!",
            "elegem van belőletek, hülye csalók!!!",
        ),
    },
    "is": {
        "two": "hvar er ORD-2026-1042 og hvenær er opið?",
        "cancel_and_card": "sleppum þessu. Og get ég borgað með korti?",
        "fragment": "hvar er pöntunin mín",
        "repeat": "geturðu sagt þetta aftur?",
        "restart": "byrjum aftur frá byrjun",
        "english": "talaðu við mig á ensku",
        "ok": "ok",
        "lost": ("hitt þarna með mitt", "þetta frá því síðast", "hann setti það á bak við mitt", "það venjulega aftur"),
        "vague": (
            "það sem ég talaði um",
            "það sem ég skrifaði um í gær",
            "varðandi kassann",
            "eitthvað um bílinn og pakkann",
        ),
        "angry": (
            "ÞJÓFAR! ENDURGREIÐIÐ MÉR STRAX!!!",
            "ÞIÐ ERUÐ SVIKARAR OG ÞJÓFAR!!!",
            "andskotans þjófar, ég er brjálaður!!!",
            "helvítis svikarar, skammist ykkar!!!",
        ),
    },
    "fa": {
        "two": "سفارش ORD-2026-1042 کجاست و ساعت کاریتون چیه؟",
        "cancel_and_card": "بیخیال. و با کارت میشه پرداخت کرد؟",
        "fragment": "سفارشم کجاست",
        "repeat": "میشه دوباره بگید؟",
        "restart": "بیا از اول شروع کنیم",
        "english": "لطفا انگلیسی حرف بزنید",
        "ok": "ok",
        "lost": ("همون قضیه دفعه قبل", "گذاشتش پشت مال من", "همون همیشگی"),
        "vague": ("درباره اون پول", "همون قضیه پول و بسته", "راجع به پول و کارت"),
        "angry": (
            "دزدا پولمو پس بدین!!!",
            "خجالت بکشین کلاهبردارا، بار سومه پیام میدم!!!",
            "کلاهبردارا! دزدا! پولمو پس بدین!!!",
            "دزدای بی‌شرف، ازتون شکایت می‌کنم!!!",
        ),
    },
    "ru": {
        "two": "где ORD-2026-1042 и когда вы открыты?",
        "cancel_and_card": "не надо. И можно оплатить картой?",
        "fragment": "где мой заказ",
        "repeat": "повторите, пожалуйста",
        "restart": "давайте начнём сначала",
        "english": "говорите со мной по-английски",
        "ok": "ок",
        "lost": ("как обычно опять то самое", "по тому вопросу с прошлого раза", "он поставил это за моим"),
        "vague": ("насчёт моих денег", "он поставил это за моим", "по поводу денег и посылки"),
        "angry": (
            "ВОРЫ! ВЕРНИТЕ МОИ ДЕНЬГИ!!!",
            "пишу уже третий раз, позор вам, мошенники!!!",
            "МОШЕННИКИ И ВОРЫ!!! ВЕРНИТЕ ДЕНЬГИ!!!",
            "вы издеваетесь?! жулики, подам на вас в суд!!!",
        ),
    },
}
