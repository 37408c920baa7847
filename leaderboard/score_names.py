"""How scores are called on the page, whatever spelling the record uses."""

_SHOWN = {
    "rank1": "rank-1",
    "rank5": "rank-5",
    "macrof1": "macro-F1",
    "microf1": "micro-F1",
    "map": "mAP",
    "auc": "AUC",
    "msssim": "MS-SSIM",
    "msssimbetteroftwo": "MS-SSIM, better of two sources",
    "eitherdice": "Dice with target or reference, the better",
    "ssim": "SSIM",
    "psnr": "PSNR",
    "ncc": "correlation without atlas",
    "worsttrait": "AUC of the worst trait",
    "ageconcordance": "age: concordance",
    "sexauc": "sex: AUC",
    "ageerroryears": "age: mean error in years",
}


def plain(name: str) -> str:
    """`name` without case and punctuation: `rank-1`, `rank_1` and `Rank1` are one score."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def shown(name: str) -> str:
    """The usual spelling of a known score, else the name with spaces for underscores."""
    return _SHOWN.get(plain(name), name.replace("_", " "))
