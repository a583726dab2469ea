"""Words that hold a question together and say nothing of what it is about."""

from __future__ import annotations

__all__ = ["FUNCTION_WORDS"]

_ENGLISH = """
a an the of to in on at by for from with and or not as so than then if is are was were be been being do does did have
has had can could will would should shall may might must i you he she it we they me my your his her its our their this
that these those there here what which who whom whose when where why how about into some any all also just only please
s t d m re ve ll
"""

_RUSSIAN = """
и в во не что он на я с со как а то все она так его но да ты к у же вы за бы по только ее мне было вот от меня еще нет
о из ему когда даже ну ли если уже или ни быть был него до вас там потом себя ей может они тут где есть для мы тебя их
чем была чтобы без раз тоже себе под будет тогда кто этот того потому этого какой здесь этом мой тем были куда зачем
можно при об после над тот через эти нас про них какая эту моя этой перед такой им между какие каким почему сколько
"""

FUNCTION_WORDS = _ENGLISH + _RUSSIAN
"""Articles, pronouns, prepositions, auxiliaries and question words of English and Russian; ends of `it's`, `we've`."""
