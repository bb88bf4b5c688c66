"""What can be changed in a line of C++."""

import collections
import re

# A change of one line: columns [begin, end) become `text`.
Change = collections.namedtuple("Change", "kind begin end text")

OPERATORS = {
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["/"],
    "<": ["<=", ">="], ">": [">=", "<="], "<=": ["<", ">"], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "&&": ["||"], "||": ["&&"], "&": ["|"], "|": ["&"], "<<": [">>"], ">>": ["<<"],
    "+=": ["-="], "-=": ["+="], "*=": ["/="], "/=": ["*="],
}  # fmt: skip
# clang-format puts blanks around binary operators, and around nothing else that looks like one.
BINARY = re.compile(r"(?<=\s)(?:" + "|".join(map(re.escape, sorted(OPERATORS, key=len)[::-1])) + r")(?=\s|$)")
UNARY = [
    ("operator", re.compile(r"\+\+"), "--"),
    ("operator", re.compile(r"--"), "++"),
    ("operator", re.compile(r"(?<=[(\[{,=?:] )-(?=[\w(])|(?<=[(\[{])-(?=[\w(])|(?<=return )-(?=[\w(])"), ""),
    ("condition", re.compile(r"!(?=[\w(:])"), ""),
]
FUNCTIONS = {
    "std::min": "std::max", "std::max": "std::min", "std::floor": "std::ceil", "std::ceil": "std::floor",
    "std::sqrt": "", "std::abs": "", "std::exp": "", "std::log": "",
    "hn::Add": "hn::Sub", "hn::Sub": "hn::Add", "hn::Mul": "hn::Add", "hn::Div": "hn::Mul",
    "hn::MulAdd": "hn::MulSub", "hn::MulSub": "hn::MulAdd", "hn::NegMulAdd": "hn::MulAdd",
    "hn::Min": "hn::Max", "hn::Max": "hn::Min", "hn::Lt": "hn::Le", "hn::Gt": "hn::Ge", "hn::Le": "hn::Lt",
    "hn::Ge": "hn::Gt", "hn::Neg": "", "hn::Sqrt": "",
    "true": "false", "false": "true", ".first(": ".last(", ".last(": ".first(", ".front()": ".back()",
    ".back()": ".front()", "any_of": "all_of", "all_of": "any_of",
}  # fmt: skip
FUNCTION = re.compile("|".join(r"(?<![\w:])" + re.escape(name) + r"(?!\w)" if name[0] != "." else re.escape(name)
                               for name in sorted(FUNCTIONS, key=len)[::-1]))  # fmt: skip
NUMBER = re.compile(r"(?<![\w.])(\d+\.\d*(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|\d+)([fFuUlL]*)(?![\w.])")
DECLARATION = re.compile(
    r"^\s*((?!(?:return|throw|delete|else|goto)\b)[A-Za-z_][\w:]*(?: [A-Za-z_][\w:]*)*?(?:<.*>(?:::\w+)?)?)"
    r"(?:[*&]+ ?| [*&]*)([A-Za-z_]\w*)\s*(?:=|;|\{|\(|,|\[)"
)
CONDITION = re.compile(r"\b(if|if constexpr|while) (?=\()")

# Lines that by their meaning cannot change a result: hints to the processor and the allocator, what a message
# says, sizes below which threads or stores past the cache do not pay, and checks of the compiler's.
NO_EFFECT = re.compile(
    r"\bhwy::(Prefetch|FlushStream)\(|\bHWY_(BEFORE|AFTER)_NAMESPACE|\.reserve\(|\bstatic_assert\b|\bassert\(|\blog_(info|warning)\("
    r"|^\s*(inline )?constexpr .*\b\w*(grain|thread_work|prefetch_distance|streaming_bytes)\b"
    r"|^\s*(using|namespace|template|typedef|friend|extern)\b"
)


def masked(text):
    """The same text with blanks for comments, literals of text, and what the preprocessor reads."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\''
        r"|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
        re.DOTALL | re.MULTILINE,
    )
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def changed_numbers(found):
    digits, suffix = found.groups()
    if digits.isdigit():
        value = int(digits)
        return [f"{value + 1}{suffix}"] + ([f"{value - 1}{suffix}"] if value > 0 else [])
    value = float(digits)
    return [f"{number!r}{suffix}" for number in ([2 * value, value / 2] if value else [1.0])]


def closing(code, opening):
    """The place of the parenthesis that closes the one at `opening` in this line, or -1."""
    depth = 0
    for place in range(opening, len(code)):
        depth += {"(": 1, ")": -1}.get(code[place], 0)
        if depth == 0:
            return place
    return -1


def changed_conditions(line, code):
    for found in CONDITION.finditer(code):
        begin, end = found.end(), closing(code, found.end())
        if end > 0:
            inside = line[begin : end + 1]
            values = ["(false)"] if found.group(1) == "while" else [f"(!{inside})", "(true)", "(false)"]
            for value in values:
                yield Change("condition", begin, end + 1, value)


def is_used_declaration(code, all_code):
    """Whether the line declares what another line uses: without it, nothing would compile."""
    found = DECLARATION.match(code)
    if not found:
        return False
    use = re.compile(rf"\b{found.group(2)}\b")
    declares_again = re.compile(rf"^\s*{re.escape(found.group(1))}[ *&]+{found.group(2)}\b")
    return any(use.search(other) and not declares_again.match(other) for other in all_code)


# In a header, a line may also declare a function, a constructor or a member, used by other files.
MEMBER = re.compile(r"^\s*(?:explicit |virtual |static |inline |friend |constexpr )*~?[A-Z]\w*\(")


def is_statement(code, before):
    """Whether the line is a whole statement; `before` is the line of code before it."""
    text = code.strip()
    balanced = all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))
    if not text.endswith(";") or not balanced or text in ("};", ";"):
        return False
    return before.strip().endswith((";", "{", "}", ":", ")", "else")) and not text.startswith("return ")


def can_be_dropped(code, before, all_code, header):
    if not is_statement(code, before) or is_used_declaration(code, all_code):
        return False
    return not (header and (DECLARATION.match(code) or MEMBER.match(code)))


def changes_of(line, code, before, all_code, header):
    """Every change of a line; `code` is the line with comments and texts blanked, `all_code` the file so."""
    if NO_EFFECT.search(line) or not code.strip():
        return []
    changes = [Change("operator", found.start(), found.end(), text)
               for found in BINARY.finditer(code) for text in OPERATORS[found.group()]]  # fmt: skip
    for kind, pattern, text in UNARY:
        changes += [Change(kind, found.start(), found.end(), text) for found in pattern.finditer(code)]
    changes += [Change("function", found.start(), found.end(), FUNCTIONS[found.group()])
                for found in FUNCTION.finditer(code)]  # fmt: skip
    changes += [Change("constant", found.start(), found.end(), text)
                for found in NUMBER.finditer(code) for text in changed_numbers(found)]  # fmt: skip
    changes += changed_conditions(line, code)
    if can_be_dropped(code, before, all_code, header):
        begin = len(code) - len(code.lstrip())
        changes.append(Change("dropped statement", begin, len(code.rstrip()), ";"))
    return changes
