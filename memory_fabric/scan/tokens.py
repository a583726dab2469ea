"""Tokens and keys that are known by their shape, whatever stands around them.

Two sources: the plug-ins of `detect-secrets`, used as a library and without their network checks, and patterns for
what they lack. Nearly all such tokens hold a long run of letters and digits, and such runs are rare and cheap to find,
so the patterns are tried around these alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from memory_fabric.scan.findings import Finding, Kind, Text

__all__ = ["find_tokens"]

_RUN = 20
"""Shorter runs of letters and digits are no tokens of these kinds."""
_LEAST = 12
"""A shorter match of a plug-in is a part of its pattern, not a token."""
_AROUND = 90
"""Characters before and after a run that belong to the same token: a prefix, the other parts of a JWT."""
_LONGEST = 4_096

_SHAPES: tuple[tuple[Kind, str, str], ...] = (
    ("cloud_key", "aws-key", r"\b(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("cloud_key", "google-key", r"\bAIza[\w-]{35}(?![\w-])"),
    ("cloud_key", "google-token", r"\bya29\.[\w-]{30,}"),
    ("cloud_key", "google-secret", r"\bGOCSPX-[\w-]{28}"),
    ("cloud_key", "yandex-key", r"\bAQVN[\w-]{35,38}(?![\w-])"),
    ("cloud_key", "yandex-token", r"\bt1\.[A-Z0-9a-z_-]{20,}[=]{0,2}\.[\w-]{60,}[=]{0,2}"),
    ("cloud_key", "yandex-token", r"\by[0-3]_[\w-]{50,}"),
    ("cloud_key", "digitalocean-token", r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    ("cloud_key", "azure-key", r"(?<=AccountKey=)[A-Za-z0-9+/]{86}=="),
    ("cloud_key", "azure-signature", r"(?<=[?&]sig=)[A-Za-z0-9%+/=]{43,}"),
    ("api_token", "github-token", r"\bgithub_pat_\w{36,}"),
    ("api_token", "github-token", r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    ("api_token", "slack-token", r"\bxox[abcdeoprs]-[\w-]{18,}"),
    ("api_token", "slack-token", r"\bxapp-\d-[\w-]{18,}"),
    ("api_token", "slack-hook", r"(?<=hooks\.slack\.com/services/)T\w+/B\w+/\w+"),
    ("api_token", "discord-hook", r"(?<=/api/webhooks/)\d{17,20}/[\w-]{60,}"),
    ("api_token", "discord-token", r"\b[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38}(?![\w-])"),
    ("api_token", "stripe-key", r"\b(?:[rs]k|whsec)_(?:(?:live|test)_)?[0-9a-zA-Z]{24,}"),
    ("api_token", "anthropic-key", r"\bsk-ant-[\w-]{20,}"),
    ("api_token", "openai-key", r"\bsk-(?:proj-|svcacct-|admin-)[\w-]{20,}"),
    ("api_token", "openai-key", r"\bsk-[A-Za-z0-9]{20,}(?![\w-])"),
    ("api_token", "huggingface-token", r"\bhf_[A-Za-z0-9]{30,}\b"),
    ("api_token", "npm-token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("api_token", "pypi-token", r"\bpypi-[\w-]{60,}"),
    ("api_token", "vault-token", r"\bhv[sbr]\.[\w-]{24,}"),
    ("api_token", "shopify-token", r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b"),
    ("api_token", "grafana-token", r"\bgl(?:sa|c)_[A-Za-z0-9+/=_]{32,}"),
    ("api_token", "newrelic-key", r"\bNRAK-[A-Z0-9]{27}\b"),
    ("api_token", "linear-key", r"\blin_api_[A-Za-z0-9]{40}\b"),
    ("api_token", "figma-token", r"\bfigd_[\w-]{40,}"),
    ("api_token", "postman-key", r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b"),
    ("api_token", "doppler-token", r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}"),
    ("api_token", "databricks-token", r"\bdapi[a-f0-9]{32}\b"),
    ("api_token", "telegram-token", r"\b\d{8,10}:AA[\w-]{32,34}(?![\w-])"),
    ("api_token", "vk-token", r"\bvk1\.a\.[\w-]{60,}"),
    ("api_token", "mailgun-key", r"\bkey-[0-9a-f]{32}\b"),
    ("api_token", "twilio-key", r"\bSK[0-9a-f]{32}\b"),
    ("api_token", "square-token", r"\b(?:sq0[a-z]{3}-[\w-]{22,43}|EAAA[\w-]{60})(?![\w-])"),
    ("private_key", "age-key", r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b"),
    # the third part may be empty, or missing where the line was cut
    ("jwt", "jwt", r"\beyJ[\w-]{10,}={0,2}\.eyJ[\w-]{8,}={0,2}(?:\.[\w-]*)?"),
)

_PLUGINS: tuple[tuple[bytes, Kind, str, str, str], ...] = (
    (b"AKC", "api_token", "artifactory-key", "artifactory", "ArtifactoryDetector"),
    (b"aws", "cloud_key", "aws-key", "aws", "AWSKeyDetector"),
    (b"cloudant", "cloud_key", "cloudant-key", "cloudant", "CloudantDetector"),
    (b"glpat-", "api_token", "gitlab-token", "gitlab_token", "GitLabTokenDetector"),
    (b"gldt-", "api_token", "gitlab-token", "gitlab_token", "GitLabTokenDetector"),
    (b"glft-", "api_token", "gitlab-token", "gitlab_token", "GitLabTokenDetector"),
    (b"glsoat-", "api_token", "gitlab-token", "gitlab_token", "GitLabTokenDetector"),
    (b"glrt-", "api_token", "gitlab-token", "gitlab_token", "GitLabTokenDetector"),
    (b"glcbt-", "api_token", "gitlab-token", "gitlab_token", "GitLabTokenDetector"),
    (b"glimt-", "api_token", "gitlab-token", "gitlab_token", "GitLabTokenDetector"),
    (b"glptt-", "api_token", "gitlab-token", "gitlab_token", "GitLabTokenDetector"),
    (b"glagent-", "api_token", "gitlab-token", "gitlab_token", "GitLabTokenDetector"),
    (b"gloas-", "api_token", "gitlab-token", "gitlab_token", "GitLabTokenDetector"),
    (b"GR1348941", "api_token", "gitlab-token", "gitlab_token", "GitLabTokenDetector"),
    (b"ibm", "cloud_key", "ibm-key", "ibm_cloud_iam", "IbmCloudIamDetector"),
    (b"cos", "cloud_key", "ibm-key", "ibm_cos_hmac", "IbmCosHmacDetector"),
    (b"-us", "api_token", "mailchimp-key", "mailchimp", "MailchimpDetector"),
    (b"_authToken", "api_token", "npm-token", "npm", "NpmDetector"),
    (b"T3BlbkFJ", "api_token", "openai-key", "openai", "OpenAIDetector"),
    (b"SG.", "api_token", "sendgrid-key", "sendgrid", "SendGridDetector"),
    (b"softlayer", "cloud_key", "softlayer-key", "softlayer", "SoftlayerDetector"),
    (b"sq0csp-", "api_token", "square-token", "square_oauth", "SquareOAuthDetector"),
)
"""A literal that every match lies near, then kind, label, module and class of the plug-in."""

_HINTS = re.compile(
    r"A3T|ABIA|ACCA|AKIA|ASIA|AIza|ya29\.|GOCSPX|AQVN|t1\.|y[0-3]_|do[opr]_v1|AccountKey|sig=|github_pat|gh[pousr]_|xox"
    r"|xapp-|hooks\.slack|webhooks/|\.[\w-]{6}\.[\w-]{27}|[rs]k_|whsec_|sk-|hf_|npm_|pypi-|hv[sbr]\.|shp[acs][tas]_|gl(?:sa|c)_"
    r"|NRAK|lin_api|figd_|PMAK|dp\.|dapi|:AA|vk1\.a|key-|SK[0-9a-f]|sq0|EAAA|AGE-SECRET|eyJ"
)
"""What every shape holds; a hundred times cheaper to look for than the shapes."""

_PLUGIN_HINTS = re.compile(b"|".join(re.escape(literal) for literal in dict.fromkeys(row[0] for row in _PLUGINS)))
_WORDS = bytes(ord("a") if c < 128 and (chr(c).isalnum() or chr(c) in "_-") else ord(" ") for c in range(256))
"""Turns whatever may stand in a token into one letter, so that a long run of it can be searched as a string."""


@cache
def _shapes() -> re.Pattern[str]:
    """Put together when it is first needed."""
    return re.compile("|".join(f"(?P<s{n}>{pattern})" for n, (_, _, pattern) in enumerate(_SHAPES)))


@cache
def _plugin(module: str, name: str) -> Any:
    """Import one plug-in: the library brings an HTTP client for checks that are never made here, so only on need."""
    return getattr(import_module(f"detect_secrets.plugins.{module}"), name)()


def find_tokens(text: Text) -> Iterator[Finding]:
    """Yield tokens of known shape."""
    for start, end in _places(text):
        if _HINTS.search(text.text, start, end):
            window = text.text[start:end]
            for match in _shapes().finditer(window):
                kind, label, _ = _SHAPES[int((match.lastgroup or "s0")[1:])]
                yield Finding(kind, label, start + match.start(), start + match.end())
        if _PLUGIN_HINTS.search(text.raw, start, end) or _PLUGIN_HINTS.search(text.low, start, end):
            yield from _from_plugins(text.raw[start:end], text.low[start:end], text.text[start:end], start)


def _from_plugins(raw: bytes, low: bytes, window: str, start: int) -> Iterator[Finding]:
    tried: set[str] = set()
    for literal, kind, label, module, name in _PLUGINS:
        if name in tried or (literal not in raw and literal not in low):
            continue
        tried.add(name)
        for pattern in _plugin(module, name).denylist:
            for match in pattern.finditer(window):
                # a group is the secret among its surroundings, or else no more than the prefix of the token
                part = next((n for n in range(1, pattern.groups + 1) if len(match[n] or "") >= _LEAST), 0)
                body = match[part].strip("\"' =:\t")
                place = start + match.start(part) + match[part].find(body)
                yield Finding(kind, label, place, place + len(body))


def _places(text: Text) -> Iterator[tuple[int, int]]:
    """Yield windows around long runs of letters and digits, none overlapping, each within one line."""
    words, size, needle = text.raw.translate(_WORDS), len(text.raw), b"a" * _RUN
    end, found = 0, words.find(needle)
    while found >= 0:
        start = max(found - _AROUND, text.raw.rfind(b"\n", end, found) + 1, end)
        # runs that stand close together share a window: they may be the parts of one token
        while True:
            stop = words.find(b" ", found + _RUN)
            stop = size if stop < 0 else stop
            last = min(stop, found + _LONGEST)
            newline = text.raw.find(b"\n", last, last + _AROUND)
            end = newline if newline >= 0 else min(last + _AROUND, size)
            found = words.find(needle, stop)
            if not 0 <= found < end or end - start > _LONGEST:
                break
        yield start, end
        end = min(end, found) if found >= 0 else end
