"""A shop's messages in three languages: small enough to train in a moment, real enough to be told apart."""

MESSAGES: dict[str, tuple[str, ...]] = {
    "order_status": (
        "where is my order", "has my parcel been sent yet", "when will my order arrive", "track order #10482",
        "kde je moje objednávka", "kdy mi přijde balík", "už jste odeslali objednávku?", "stav objednávky",
        "سفارش من کجاست", "بسته من کی می‌رسد", "سفارشم ارسال شده؟", "وضعیت سفارش",
    ),
    "opening_hours": (
        "when are you open", "what are your opening hours", "are you open on sunday", "what time do you close",
        "kdy máte otevřeno", "otevírací doba", "máte v neděli otevřeno?", "v kolik zavíráte",
        "ساعت کاری شما چیست", "جمعه باز هستید؟", "کی باز می‌کنید", "تا ساعت چند باز هستید",
    ),
    "talk_to_human": (
        "i want to talk to a person", "give me a real human", "connect me to an agent", "can i speak with someone",
        "chci mluvit s člověkem", "spojte mě s operátorem", "dejte mi živého člověka", "chci mluvit s někým",
        "می‌خواهم با یک نفر صحبت کنم", "مرا به اپراتور وصل کنید", "با پشتیبان انسانی حرف بزنم", "یک آدم واقعی",
    ),
    "thank": (
        "thank you", "thanks a lot", "many thanks", "cheers mate",
        "děkuji", "moc děkuju", "díky moc", "dík za pomoc",
        "ممنون", "خیلی متشکرم", "مرسی", "سپاسگزارم",
    ),
    "out_of_scope": (
        "what is the weather tomorrow", "tell me a joke", "who won the match", "write me a poem about cats",
        "jaké bude zítra počasí", "řekni mi vtip", "kdo vyhrál zápas", "napiš mi básničku o kočkách",
        "فردا هوا چطور است", "یک جوک بگو", "بازی را کی برد", "یک شعر درباره گربه بنویس",
    ),
}  # fmt: skip

TEXTS = [text for texts in MESSAGES.values() for text in texts]
INTENTS = [intent for intent, texts in MESSAGES.items() for _ in texts]
