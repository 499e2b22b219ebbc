"""What the methods of attribution are called, what they compute, who published them, and what their check says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cnnstudio.core.attribution import Attribution, Method

CAUTION: Final = "A map is a hint, not a reason: trust it only as far as its check."
CAUTION_MORE: Final = (
    "Such maps look convincing even where they are wrong. In a controlled study people who were shown one did not do "
    "better at their task, not even with a perfect map (Im, Andreas and Zhou 2023). So every map here is checked: "
    "patches of the picture are covered one at a time, and the drop of the class's logit is compared with what the map "
    "says of the patch."
)
CHECK_MORE: Final = (
    "Spearman's rank correlation between the map, summed over patches, and the drop of the class's logit when each "
    "patch is covered (its size, where the map has no sign): 1 means the same order, 0 none. Occlusion is itself made "
    "by covering; it is checked by levelling each patch to its mean colour. Chance: the map's own values in patches at "
    "random places; 95 % of such maps lie between"
)

NO_CHECK: Final = "unchecked"


@dataclass(frozen=True, slots=True)
class MethodWords:
    """How to speak of one method.

    Attributes:
        title: Its name.
        short: Its name where there is little room.
        says: What it computes, one sentence.
        paper: Who published it, and when.
    """

    title: str
    short: str
    says: str
    paper: str


METHOD_WORDS: Final[dict[Method, MethodWords]] = {
    "saliency": MethodWords(
        "Saliency",
        "Saliency",
        "The size of the gradient at each pixel: how strongly the class's logit would react to a small change there.",
        "Simonyan, Vedaldi and Zisserman 2014",
    ),
    "smoothgrad": MethodWords(
        "SmoothGrad",
        "Smooth\u00adGrad",
        "Saliency, averaged over copies of the picture with a little noise: less speckle.",
        "Smilkov, Thorat, Kim, Viégas and Wattenberg 2017",
    ),
    "integrated": MethodWords(
        "Integrated gradients",
        "Integr. gradients",
        "The gradient, added up from a blank picture to this one, times the pixel: shares of the logit's change.",
        "Sundararajan, Taly and Yan 2017",
    ),
    "gradcam": MethodWords(
        "Grad-CAM",
        "Grad-CAM",
        "The maps of the last convolution, each weighted by its mean gradient, added up: where, but only coarsely.",
        "Selvaraju, Cogswell, Das, Vedantam, Parikh and Batra 2017",
    ),
    "guided": MethodWords(
        "Guided backpropagation",
        "Guided backprop.",
        "The gradient, let back through a ReLU only where it is positive: crisp, but it finds edges more than reasons.",
        "Springenberg, Dosovitskiy, Brox and Riedmiller 2015; tested by Adebayo and others 2018",
    ),
    "occlusion": MethodWords(
        "Occlusion",
        "Occlusion",
        "How far the class's logit falls when a patch of the picture is covered: the plainest of them to read.",
        "Zeiler and Fergus 2014",
    ),
}


def method_tip(method: Method) -> str:
    """What a method computes and who published it."""
    words = METHOD_WORDS[method]
    return f"{words.title}. {words.says} ({words.paper})"


def check_words(attribution: Attribution) -> str:
    """What the occlusion check says of a map, one or two sentences."""
    if attribution.map is None:
        return "Press Run to train it." if attribution.weights_from == "none" else "Nothing to check."
    if attribution.agreement is None:
        return _unchecked(attribution)
    numbers = f"rank correlation {attribution.agreement:.2f}, chance reaches {attribution.by_chance[1]:.2f}"
    if attribution.method == "occlusion":
        said = "Levelling patches to their mean instead", "says the same", "says otherwise"
    else:
        does = "lowers the verdict" if attribution.signed else "changes the verdict most"
        said = "Covering what the map marks", does, "does no more than chance"
    believe = "The map can be believed here." if attribution.believed else "Do not believe this map."
    return f"{said[0]} {said[1 if attribution.believed else 2]}: {numbers}. {believe}"


def _unchecked(attribution: Attribution) -> str:
    """Why a map cannot be checked, one or two sentences."""
    said = no_check(attribution)
    if said == NO_CHECK:
        return "Nothing can be checked: the picture has too little to cover, or covering it changes nothing."
    if said == "constant":
        return "The map has the same value everywhere: it prefers no pixel, and there is nothing to check."
    if attribution.method == "gradcam":
        return (
            "All zero: weighted by their gradients, the maps of the last convolution add up to nothing above zero "
            "anywhere. Grad-CAM has nothing to show for this class."
        )
    if attribution.method == "occlusion":
        return "All zero: covering any patch leaves the logit as it is, so there is nothing to check."
    return "All zero: to a small change of any pixel the logit does not react, so there is nothing to check."


def no_check(attribution: Attribution) -> str:
    """In a word or two why a map could not be checked: "all zero", "constant", or only that it is "unchecked"."""
    values = attribution.map
    if values is None or values.max() != values.min():
        return NO_CHECK
    return "constant" if values.max() else "all zero"


def check_short(attribution: Attribution) -> str:
    """What the check says, where there is little room."""
    if attribution.map is None:
        return check_words(attribution)
    if attribution.agreement is None:
        said = no_check(attribution)
        return "Nothing can be checked here." if said == NO_CHECK else f"{said.capitalize()}: nothing to check."
    numbers = f"Check {attribution.agreement:.2f}, chance {attribution.by_chance[1]:.2f}"
    return f"{numbers}: {'can be believed' if attribution.believed else 'do not believe it'}."


def check_tip(attribution: Attribution) -> str:
    """How the check is made, with the numbers of this map."""
    low, high = attribution.by_chance
    return f"{check_words(attribution)} {CHECK_MORE} {low:.2f} and {high:.2f}."


def legend_words(*, signed: bool) -> tuple[str, str, str]:
    """What the left end, the middle and the right end of a map's colours mean."""
    return ("against", "no matter", "for the class") if signed else ("no matter", "", "matters most")


def class_name(names: tuple[str, ...], label: int) -> str:
    """A class's name, or its number where the names are not known."""
    return names[label] if 0 <= label < len(names) else str(label)
