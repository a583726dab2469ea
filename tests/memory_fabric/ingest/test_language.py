"""Telling natural languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_fabric.ingest.language import natural_language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The daemon keeps what you work with and answers with citations.", "en"),
        ("Демон хранит то, с чем вы работаете, и отвечает со ссылками на источник.", "ru"),
        ("Пам'ять зберігає те, з чим ви працюєте, і відповідає з посиланнями.", "uk"),
        ("Памяць захоўвае тое, з чым вы працуеце, і адказвае са спасылкамі; гэта яе ўласная ўзроўневая праца.", "be"),
        ("Паметта съхранява това, с което работите, и отговаря със съответните препратки към източника.", "bg"),
        ("Меморија чува оно са чим радите и одговара са наводима; њена љубав је ћутање.", "sr"),
        ("Der Dienst merkt sich, womit du arbeitest, und antwortet mit den Quellen, die er von dir hat.", "de"),
        ("Le service garde ce que vous faites et répond avec les sources qui sont dans la mémoire.", "fr"),
        ("El servicio guarda lo que haces y responde con las fuentes que están en la memoria.", "es"),
        ("Il servizio ricorda quello che fai e risponde con le fonti della memoria, che sono nel disco.", "it"),
        ("O serviço guarda o que você faz e responde com as fontes que não estão em uma nuvem.", "pt"),
        ("De dienst onthoudt wat je doet en antwoordt met de bronnen van het geheugen dat er is.", "nl"),
        ("この記憶は、あなたの仕事を覚えています。", "ja"),
        ("这个服务会记住你的工作内容。", "zh"),
        ("이 서비스는 당신의 작업을 기억합니다.", "ko"),
        ("هذه الخدمة تتذكر ما تعمل عليه", "ar"),
        ("השירות זוכר את העבודה שלך", "he"),
        ("Η υπηρεσία θυμάται τη δουλειά σας", "el"),
        ("यह सेवा आपका काम याद रखती है", "hi"),
        ("บริการนี้จดจำงานของคุณ", "th"),
    ],
)
def test_languages(text: str, code: str) -> None:
    """A sentence is enough, and so is a long text of such sentences."""
    assert natural_language(text) == code
    assert natural_language(f"{text} " * 40) == code


@pytest.mark.parametrize("text", ["", "   \n", "12 345.67", "x", "→ ✓ 😀", "{}[]();", "საქართველო"])
def test_too_little_to_tell(text: str) -> None:
    """Without letters, or with letters nobody here knows, the language is open."""
    assert natural_language(text) == "und"


@pytest.mark.parametrize(
    "text",
    [
        "Как работает `memory_fabric/ingest/language.py` и natural_language_detection?",
        "где natural_language?",
        "Метод ServiceProvider.getInstance() см. https://example.org/a/very/long/path/to/the/page",
    ],
)
def test_russian_about_programs(text: str) -> None:
    """Names, paths and links in a Russian sentence leave it Russian."""
    assert natural_language(text) == "ru"


@pytest.mark.parametrize(
    "text",
    [
        "how to open the file",
        "sqlite wal checkpoint",
        "The word «кот» means a cat, and the word for a dog is another one.",
        "naïve café",
        "def natural_language(text): return text",
    ],
)
def test_english_is_the_latin_default(text: str) -> None:
    """Short technical phrases and English with some foreign words count as English."""
    assert natural_language(text) == "en"


def test_code_first_and_russian_after() -> None:
    """The whole text is sampled, not only its beginning."""
    text = "    x = 1\n" * 30 + "Здесь начинается описание, и оно длиннее, чем код над ним. " * 20
    assert natural_language(text) == "ru"


@given(text=st.text(max_size=2000))
def test_any_text_has_an_answer(text: str) -> None:
    """Whatever the text, the answer is a known code."""
    code = natural_language(text)
    assert code == "und" or (len(code) == 2 and code.islower())


def test_lone_surrogates_are_survived() -> None:
    """Text that is no valid Unicode has an answer too."""
    assert natural_language("the word \ud800 and the other one") == "en"
