"""How scores are called wherever people read them, whatever spelling the record uses."""

_SHOWN = {
    "map": "mAP",
    "rank1": "rank-1",
    "macrof1": "macro-F1",
    "cmc5": "found within the first 5",
    "auc": "AUC",
    "advantage": "advantage (TPR - FPR, half accepted)",
    "msssim": "MS-SSIM",
    "msssimbetteroftwo": "MS-SSIM, better of two sources",
    "psnr": "PSNR",
    "ncc": "correlation without atlas",
    "eitherdice": "Dice with target or reference, the better",
    "alphaerror": "mean error of alpha (lower is worse)",
    "worsttrait": "AUC of the trait that leaks most",
    "ageconcordance": "age: concordance",
    "ageerroryears": "age: mean error in years (lower is worse)",
    "sexauc": "sex: AUC",
}


def plain(name: str) -> str:
    """`name` without case and punctuation: `rank-1`, `rank_1` and `Rank1` are one score."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def shown(name: str) -> str:
    """The usual spelling of a known score, else the name with spaces for underscores."""
    return _SHOWN.get(plain(name), name.replace("_", " "))
