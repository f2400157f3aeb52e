"""LaTeX -> plain text that can be read in a chat, where the formula is simple enough."""

import re

from bot.domain.blocks import Block, BlockKind, SpanKind

_SYMBOL_TABLE = (
    "alpha=α beta=β gamma=γ delta=δ epsilon=ε varepsilon=ε zeta=ζ eta=η theta=θ vartheta=ϑ iota=ι kappa=κ lambda=λ "
    "mu=μ nu=ν xi=ξ pi=π rho=ρ sigma=σ tau=τ upsilon=υ phi=φ varphi=φ chi=χ psi=ψ omega=ω Gamma=Γ Delta=Δ Theta=Θ "
    "Lambda=Λ Xi=Ξ Pi=Π Sigma=Σ Upsilon=Υ Phi=Φ Psi=Ψ Omega=Ω times=× cdot=· div=÷ pm=± mp=∓ ast=∗ star=⋆ circ=∘ "
    "bullet=• oplus=⊕ otimes=⊗ leq=≤ le=≤ geq=≥ ge=≥ neq=≠ ne=≠ approx=≈ equiv=≡ sim=∼ simeq=≃ cong=≅ propto=∝ "
    "ll=≪ gg=≫ subset=⊂ supset=⊃ subseteq=⊆ supseteq=⊇ in=∈ notin=∉ ni=∋ cup=∪ cap=∩ setminus=∖ emptyset=∅ "
    "varnothing=∅ forall=∀ exists=∃ nexists=∄ neg=¬ lnot=¬ land=∧ wedge=∧ lor=∨ vee=∨ to=→ rightarrow=→ "
    "leftarrow=← leftrightarrow=↔ Rightarrow=⇒ Leftarrow=⇐ Leftrightarrow=⇔ implies=⇒ iff=⇔ mapsto=↦ "
    "longrightarrow=⟶ uparrow=↑ downarrow=↓ infty=∞ partial=∂ nabla=∇ sum=∑ prod=∏ int=∫ iint=∬ oint=∮ "
    "angle=∠ perp=⊥ parallel=∥ mid=| degree=° prime=′ hbar=ℏ ell=ℓ Re=ℜ Im=ℑ aleph=ℵ ldots=… dots=… cdots=⋯ "
    "vdots=⋮ therefore=∴ because=∵ langle=⟨ rangle=⟩ lfloor=⌊ rfloor=⌋ lceil=⌈ rceil=⌉ "
    "lvert=| rvert=| vert=| Vert=‖ lVert=‖ rVert=‖ backslash=\\"
)
_SYMBOLS = dict(pair.split("=", 1) for pair in _SYMBOL_TABLE.split())
_FUNCTIONS = frozenset(
    {
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "arcsin",
        "arccos",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "log",
        "ln",
        "lg",
        "exp",
        "lim",
        "min",
        "max",
        "sup",
        "inf",
        "det",
        "dim",
        "ker",
        "gcd",
        "deg",
        "arg",
        "Pr",
        "mod",
    }
)
# Sizes and styles, of which nothing is left to read.
_SILENT = frozenset(
    {
        "left",
        "right",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "displaystyle",
        "textstyle",
        "limits",
        "nolimits",
        "middle",
    }
)
_SPACES = frozenset({"quad", "qquad", ",", ";", ":", "!", ">", " "})
# Private characters for what stays to the end: a brace that is read, a script that Unicode has no letters for.
_KEPT = {"\ue000": "{", "\ue001": "}", "\ue002": "^", "\ue003": "_"}
_LETTERS = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "Q": "ℚ", "C": "ℂ", "P": "ℙ", "E": "𝔼", "1": "𝟙"}

_RAISED = dict(
    zip("0123456789+-=()abcdefghijklmnoprstuvwxyzT∗′", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ*′", strict=True)
)
_LOWERED = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))

_WORDS = re.compile(
    r"\\(?:text|mathrm|mathbf|mathit|mathsf|mathcal|operatorname|textbf|textit|boldsymbol|bm)\*?\{([^{}]*)\}"
)
_BLACKBOARD = re.compile(r"\\mathbb\{?(\w)\}?")
_FRACTION = re.compile(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}")
_SHORT_FRACTION = re.compile(r"\\[dt]?frac(\d)(\d)")
_ROOT = re.compile(r"\\sqrt\{([^{}]*)\}")
_SCRIPT = re.compile(r"([\^_])(?:\{([^{}]*)\}|\\([a-zA-Z]+)|([^\s\\{}^_]))")
_COMMAND = re.compile(r"\\([a-zA-Z]+|.)[ ]?", re.DOTALL)
_SPACE_RUN = re.compile(r"[ \t]{2,}")
_ATOM = re.compile(r"[\w.,√⁰-₟²³¹′]*|\([^()]*\)")

# A formula that is longer, or nests deeper, is better shown as it was written.
_LONGEST = 600
_DEEPEST = 6


def with_formulas(block: Block) -> str:
    """A block's text, its formulas in plain characters if those can express them."""
    if block.kind is BlockKind.MATH:
        return readable(block.text) or block.text
    text = block.text
    for span in reversed(block.spans):
        if span.kind is SpanKind.MATH and (plain := readable(text[span.start : span.end])):
            text = text[: span.start] + " ".join(plain.split()) + text[span.end :]
    return text


def readable(latex: str) -> str | None:
    r"""`\frac{a}{b} \leq x^2` as "a/b ≤ x²"; None if plain text cannot express it."""
    if len(latex) > _LONGEST or "\\begin" in latex:
        return None
    text = latex.replace("\\{", "\ue000").replace("\\}", "\ue001").replace("&", "")
    for _ in range(_DEEPEST):
        before = text
        text = _WORDS.sub(r"\1", _BLACKBOARD.sub(_blackboard, text))
        text = _FRACTION.sub(_fraction, _SHORT_FRACTION.sub(r"\1/\2", text))
        text = _SCRIPT.sub(_script, _ROOT.sub(_root, text))
        if text == before:
            break
    try:
        text = _COMMAND.sub(_command, text)
    except KeyError:
        return None
    text = text.replace("{", "").replace("}", "")
    for kept, sign in _KEPT.items():
        text = text.replace(kept, sign)
    return _SPACE_RUN.sub(" ", text).strip() or None


def _command(match: re.Match[str]) -> str:
    name = match[1]
    if name in _SILENT:
        return ""
    if name in _SPACES:
        return "" if name == "!" else " "
    if name == "\\":
        return "\n"
    if name in "%$#_|":
        return name
    trailing = match[0][len(name) + 1 :]
    return (name if name in _FUNCTIONS else _SYMBOLS[name]) + trailing


def _blackboard(match: re.Match[str]) -> str:
    return _LETTERS.get(match[1], match[1])


def _grouped(part: str) -> str:
    part = part.strip()
    return part if _ATOM.fullmatch(part) or re.fullmatch(r"\\[a-zA-Z]+", part) else f"({part})"


def _fraction(match: re.Match[str]) -> str:
    return f"{_grouped(match[1])}/{_grouped(match[2])}"


def _root(match: re.Match[str]) -> str:
    return f"√{_grouped(match[1])}"


def _script(match: re.Match[str]) -> str:
    """A raised or lowered part; in the letters Unicode has for it, else `^(n+1)` and `_max`."""
    sign, group, command, single = match.groups()
    part = (group or single or "").strip()
    if command:
        part = _SYMBOLS.get(command, "\\" + command)
    if part in ("∘", "\\circ") and sign == "^":
        return "°"
    table = _RAISED if sign == "^" else _LOWERED
    if part and all(char in table for char in part):
        return "".join(table[char] for char in part)
    mark = "\ue002" if sign == "^" else "\ue003"
    return f"{mark}{_grouped(part)}" if part else ""
