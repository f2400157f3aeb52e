"""How efforts are called: the word itself, then what it brings."""

from collections.abc import Mapping

from bot.domain.efforts import Effort
from bot.texts.say import said_later

EFFORTS: Mapping[Effort, str] = {
    Effort.NONE: said_later("none · it answers at once"),
    Effort.MINIMAL: said_later("minimal"),
    Effort.LOW: said_later("low · quick"),
    Effort.MEDIUM: said_later("medium · balanced"),
    Effort.HIGH: said_later("high · thorough and slower"),
    Effort.XHIGH: said_later("extra high"),
    Effort.MAX: said_later("max · as much as it can"),
}
