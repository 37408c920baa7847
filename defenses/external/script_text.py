"""What may stand in the text of a TorchScript program, token by token.

TorchScript looks like Python, and its lexer skips blanks, comments and continued lines; a program may also give a
module another name (`t = torch`) or spell an attribute as a string. So names are sought wherever they stand among the
tokens of Python's own lexer, and a text that the two lexers could read differently is refused.
"""

import io
import itertools
import re
import tokenize
from collections.abc import Iterator, Sequence

_TOUCHES_FILES = {"save", "load", "from_file"}  # PyTorch 2.13: aten::save and aten::from_file, no others below
_NAMESPACES = {"aten", "prim", "prims", "quantized"}
_PLAIN = re.compile(r"[\n -~]*")
_LAYOUT = {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
_NO_NAME = re.compile(r"([\"'])(?![A-Za-z_]\w*\1)[^\"'\\]+\1")


def suspicious(code: bytes) -> str | None:
    """What no network needs, as it stands in the text; None if there is nothing."""
    text = code.decode("ascii", errors="replace")
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        tokens = []
    if not tokens or not _PLAIN.fullmatch(text) or any(map(_is_ambiguous, tokens)):
        return "a text that PyTorch does not write"
    forbidden = sorted({token.string for token in tokens if token.type == tokenize.NAME} & _TOUCHES_FILES)
    words = [token.string for token in tokens if token.type not in _LAYOUT]
    return next(itertools.chain(forbidden, _detours(words)), None)


def _is_ambiguous(token: tokenize.TokenInfo) -> bool:
    """Whether TorchScript may see something else here; PyTorch writes no comments and no marked strings."""
    if token.type == tokenize.STRING:
        return token.string[0] not in "\"'"
    return token.type in (tokenize.COMMENT, tokenize.ERRORTOKEN)


def _detours(words: Sequence[str]) -> Iterator[str]:
    """Modules under another name, operators and classes that were compiled elsewhere, attributes put together."""
    for place, word in enumerate(words):
        behind = words[place + 1 : place + 5]
        if word == "torch":
            fits = behind[:1] == ["."] and behind[1] != "classes"
        elif word == "ops" and words[place - 1 : place] != ["."]:
            fits = behind[::2] == [".", "."] and behind[1] in _NAMESPACES
        else:
            fits = word != "getattr" or _ends_in_no_name(words[place + 1 :])
        if not fits:
            yield "".join((word, *behind))


def _ends_in_no_name(words: Sequence[str]) -> bool:
    """Whether this is `(something, "0")`: only what cannot stand behind a dot is written like that."""
    depth = 0
    for place, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if depth == 0:
            return place > 2 and words[place - 2] == "," and bool(_NO_NAME.fullmatch(words[place - 1]))
    return False
