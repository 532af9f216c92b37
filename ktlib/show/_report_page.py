"""The page of a report: HTML with its figures, fonts and colours inside, light and dark, for a desk and a phone."""

from __future__ import annotations

import base64
from html import escape

import numpy as np

from ..bkt.skills import LEAST, SkillFits
from ..data.log import Log
from . import _report_words as words
from .figure import Figure
from .figures import tutor_logs, your_log
from .style import FONTS

SHOWN = 400  # skills on the page; skills.csv has all


def page(report) -> str:
    """The page as HTML, all in one text, of a `report.Report`."""
    log, fits = report.log, report.fits
    parts = [
        ("What was read", _account(log)),
        ("What the log holds", _figure(your_log.what_it_holds(log))),
        ("Every skill", _skills(report)),
        ("Who has mastered what", _mastery(report)),
        ("How well it forecasts students it has not seen", _forecasts(report)),
        ("What would pin the rest", _pins(report)),
        (
            "What you will be asked",
            _asked(fits),
        ),
        ("What may not be concluded", _list(words.NOT_SAID)),
    ]
    body = "".join(f"<section><h2>{title}</h2>{content}</section>" for title, content in parts)
    title = f"{escape(log.source)}: what its answers say"
    fonts = "".join(
        f"@font-face{{font-family:kt-figure;font-weight:{weight};src:url(data:font/ttf;base64,"
        f"{base64.b64encode(FONTS[name].read_bytes()).decode()})}}"
        for name, weight in (("regular", 400), ("bold", 700))
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{fonts}{_STYLE}</style></head>'
        f"<body><main><h1>{title}</h1>{_short(report)}{body}</main></body></html>\n"
    )


def _asked(fits: SkillFits) -> str:
    return "".join(f"<h3>{escape(q)}</h3><p>{escape(a)}</p>" for q, a in words.asked_again(fits))


def _short(report) -> str:
    """The report in three lines."""
    log, fits = report.log, report.fits
    clean = sum(not flags for flags in fits.flags)
    lines = [
        f"{len(log):,} answers of {log.frame.student.nunique():,} students to {len(fits.names):,} skills.",
        f"{clean:,} skills carry no warning, {len(fits.names) - clean:,} do.",
    ]
    if report.validation:
        bkt, mean = list(report.validation.scores)[:2]
        lead = report.validation.lead(bkt, mean)
        what = "ahead of" if lead.interval()[0] > 0 else "behind" if lead.interval()[1] < 0 else "level with"
        lines.append(
            f"On held-out students BKT is {what} the share right of each skill: {lead:+.3f} in AUC (the chance that a "
            "right answer had a higher forecast than a wrong one)."
        )
    return _list(lines)


def _account(log: Log) -> str:
    order = "" if "order" in log.frame else "No column of times was named: rows count as ordered."
    return _list([*log.account.sentences(), *([order] if order else [])])


def _skills(report) -> str:
    fits, (low, high) = report.fits, report.fits.interval()
    how = (
        "Each skill by its own answers and by what the other skills say of skills (a learned prior); in brackets 95%."
        if fits.prior is not None
        else f"Each skill by its own answers alone: fewer than {LEAST} skills say nothing of skills. In brackets 95%."
    )
    heads = "".join(f"<th>{h}</th>" for h in ("skill", "students", "answers", *words.WORDS.values()))
    rows = []
    for k in range(min(len(fits.names), SHOWN)):
        numbers = [f"{p:.0%}<small>{_ends(low[k, j], high[k, j])}</small>" for j, p in enumerate(fits.params[k])]
        cells = [f"{fits.students[k]:,}", f"{fits.answers[k]:,}", *numbers]
        warn = "".join(
            f'<p class="warn">⚠ {escape(words.warning(flag))} <small>({escape(flag)})</small></p>'
            for flag in fits.flags[k]
        )
        head = f"<summary>in words{' ⚠' * bool(warn)}</summary>"
        said = f"<details>{head}<p>{words.sentences(fits.params[k])}</p>{warn}</details>"
        rows.append(f"<tr><th>{escape(str(fits.names[k]))}{said}</th>{''.join(f'<td>{c}</td>' for c in cells)}</tr>")
    more = f"<p>{len(fits.names) - SHOWN:,} more skills stand in skills.csv.</p>" if len(fits.names) > SHOWN else ""
    table = f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    return f"<p>{how}</p>{_figure(tutor_logs.all_skills(fits))}{table}{more}"


def _ends(low: float, high: float) -> str:
    return " (not pinned)" if np.isnan(low) else f" ({100 * low:.0f} to {high:.0%})"


def _mastery(report) -> str:
    table, bar = report.roster.frame(), report.roster.mastery
    share = table.groupby("skill").mastered.mean().sort_values()
    lines = [
        f"A skill counts as mastered once P(knows it) is {bar:.0%} or more. Of {len(table):,} pairs of a student and a "
        f"skill {table.mastered.mean():.0%} are.",
        f"Least often on {share.index[0]} ({share.iloc[0]:.0%} of its students), most often on {share.index[-1]} "
        f"({share.iloc[-1]:.0%}).",
        f"{(table.answers <= 2).mean():.0%} of beliefs rest on one or two answers: more on the skill than on her.",
        "roster.csv beside this page has them all.",
    ]
    return _list(lines)


def _forecasts(report) -> str:
    found = report.validation
    if found is None:
        return "<p>Cannot be said: it takes two students or more, and right and wrong answers to learn from.</p>"
    first = next(iter(found.scores))
    frame = found.frame(against=first)
    rows = ""
    for name, row in frame.iterrows():
        lead = f"{row.lead:+.3f}<small> ({row.lead_low:+.3f} to {row.lead_high:+.3f})</small>".replace("-", "−")
        lead = "" if name == first else lead
        auc = f"{row.value:.3f}<small> ({row.low:.3f} to {row.high:.3f})</small>"
        rows += f"<tr><th>{escape(name)}</th><td>{auc}</td><td>{lead}</td></tr>"
    how = (
        f"The students were dealt into {found.folds} parts at random (seed {report.seed}). Each part was forecast by "
        "models that had learned from the others, each answer from the same student's earlier ones. AUC is the chance "
        "that a right answer had a higher forecast than a wrong one; one half is a coin. In brackets 95%, by student."
    )
    head = f"<thead><tr><th>model</th><th>AUC</th><th>lead over {escape(first)}</th></tr></thead>"
    table = f'<div class="wide"><table>{head}<tbody>{rows}</tbody></table></div>'
    return f"<p>{how}</p>{_figure(your_log.forecasters(found))}{table}"


def _pins(report) -> str:
    each = report.log.frame.groupby(["skill", "student"]).size().groupby("skill").median().to_dict()
    loose = words.unpinned(report.fits, each)
    if not loose:
        points = f"{100 * words.WIDE:.0f} points"
        return f"<p>Every number of every skill is known within {points} to either side.</p>"
    lines = []
    for row in sorted(loose, key=lambda row: row["students"])[:SHOWN]:
        more = row["why"] or f"from {row['answers']} answers each it takes about {row['needed']:,} students"
        lines.append(
            f"{row['skill']}: {words.WORDS[row['number']]}{_ends(row['low'], row['high'])}; "
            f"{row['students']:,} students now, {more}."
        )
    how = (
        f"On {len(loose):,} of {len(report.fits.names):,} skills some number is not known within "
        f"{100 * words.WIDE:.0f} points to either side. Below stand the widest of each, and how many students would "
        "pin it by their own answers (the bound of Cramér and Rao). Longer sequences help more than more students."
    )
    return f"<p>{how}</p><details><summary>skill by skill</summary>{_list(lines)}</details>"


def _figure(figure: Figure) -> str:
    both = (("page", False), ("phone", True))
    return (
        "<figure>" + "".join(f'<div class="{width}">{figure.svg(narrow)}</div>' for width, narrow in both) + "</figure>"
    )


def _list(lines) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


_STYLE = """
:root{color-scheme:light dark;--kt-estimate:light-dark(#0072b2,#56b4e9);--kt-peer:light-dark(#b84e00,#f0a35e);
--kt-prior:light-dark(#8e106a,#e58fc8);--kt-other:light-dark(#005a34,#5cc99a);--kt-paper:light-dark(#fdfdfb,#12171d)}
body{margin:0;background:var(--kt-paper);color:light-dark(#14181d,#e8eaed);font:17px/1.55 system-ui,sans-serif}
main{max-width:52rem;margin:auto;padding:1rem}h1{font-size:1.6rem;line-height:1.2}h2{margin-top:2.5rem;font-size:1.3rem}
h3{font-size:1.05rem;margin-bottom:.2rem}h3+p{margin-top:0}figure{margin:1.5rem 0}
svg{width:100%;height:auto;font-family:kt-figure,sans-serif}
.phone{display:none}@media(max-width:600px){.page{display:none}.phone{display:block}}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .6rem;text-align:right;vertical-align:top;border-bottom:1px solid light-dark(#d5d8dc,#3a424b)}
th:first-child{text-align:left;font-weight:600;min-width:9rem}
small{opacity:.75;white-space:nowrap}td small{display:block}
details{font-weight:400;max-width:22rem}summary{cursor:pointer;min-height:1.6rem}
.warn{color:var(--kt-peer)}li{margin:.3rem 0}
"""
