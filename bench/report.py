#!/usr/bin/env python3
"""Medians, spread and ratios of what bench/run.sh measured.

usage: report.py GOALS.txt DIRECTORY

Reads DIRECTORY/raw/*.csv; writes results.csv, results.md and charts.gnuplot
with its data into the directory, and prints the tables. A ratio is the median over the rounds of
zram2's figure divided by the in-tree driver's in the same round, for the two
were measured right after each other; its spread is the smallest and the
largest. Below 1 zram2 is faster or smaller. Scenarios of which the two are
others (PAIRS) may have measured more than those: they are in a second table.
"""
import csv
import fnmatch
import itertools
import math
import os
import sys
from statistics import geometric_mean, median

# Who is compared with whom, as the raw figures have them, and how both are called
# in the tables.
PAIRS = {"codec": ("lz4", "wklz")}
DEFAULT_PAIR = "zram", "zram2"
NAMES = {"zram": "in-tree"}

MEAN = "mean of "


def read_raw(directory):
    """{(kernel, scenario, cpus, metric, unit): {driver: {round: value}}} in
    order, and {(kernel, scenario, cpus): [note]}"""
    rows, notes = {}, {}
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name), newline="") as f:
            lines = f.read().splitlines()
        reader = csv.DictReader(line for line in lines if not line.startswith("#"))
        for r in reader:
            key = (r["kernel"], r["scenario"], r["cpus"], r["metric"], r["unit"])
            rows.setdefault(key, {}).setdefault(r["driver"], {})[r["round"]] = float(r["value"])
            notes[key[:3]] = [line[2:] for line in lines if line.startswith("# ")]
    return rows, notes


def read_goals(path):
    """[(scenario, CPUs, pattern of the metric, largest ratio, of itself?)]"""
    goals = []
    with open(path) as f:
        for line in f:
            line = line.split("#")[0].strip()
            if line:
                scenario, cpus, rest = line.split(None, 2)
                pattern, goal = rest.rsplit(None, 1)
                goals.append((scenario, cpus, pattern.strip(), float(goal.lstrip("<")),
                              goal.startswith("<")))
    return goals


def pair_of(scenario):
    return PAIRS.get(scenario, DEFAULT_PAIR)


def names_of(scenario):
    return [NAMES.get(d, d) for d in pair_of(scenario)]


def with_means(rows, goals):
    """The rows, and behind those of a machine one for each mean that a goal asks for:
    of the metrics that match, the geometric mean of each driver in each round."""
    rows = dict(rows)
    for scenario, cpus, metric, _, _ in goals:
        if not metric.startswith(MEAN):
            continue
        groups = {}
        for key in rows:
            if key[1] == scenario and cpus in ("*", key[2]) and not key[3].startswith(MEAN) and \
                    fnmatch.fnmatch(key[3], metric.removeprefix(MEAN)):
                groups.setdefault((*key[:3], metric, key[4]), []).append(rows[key])
        for key, members in groups.items():
            rows[key] = {driver: mean_of([m[driver] for m in members])
                         for driver in members[0] if all(driver in m for m in members)}
    heads = list(dict.fromkeys(key[:3] for key in rows))
    return {key: rows[key] for key in sorted(rows, key=lambda key: heads.index(key[:3]))}


def mean_of(figures):
    """{round: mean} of the rounds that all have"""
    return {r: geometric_mean([f[r] for f in figures])
            for r in figures[0] if all(r in f for f in figures)}


def goal_of(goals, scenario, cpus, metric):
    """(largest value or None, whether of zram2's own figure and not of the ratio)"""
    for s, c, pattern, goal, own in goals:
        if s == scenario and c in ("*", cpus) and fnmatch.fnmatch(metric, pattern):
            return goal, own
    return None, False


def ratio_of(ours, theirs):
    """Nothing against nothing is the same; something against nothing is no ratio."""
    if theirs:
        return ours / theirs
    return 1.0 if not ours else math.inf


def verdict(ratio, low, goal):
    if goal is None:
        return ""
    if ratio <= goal:
        return "reached"
    return "NOT reached" + (" (within the spread)" if low <= goal else "")


def evaluate(rows, goals):
    table = []
    for (kernel, scenario, cpus, metric, unit), drivers in rows.items():
        theirs, ours = (drivers.get(d, {}) for d in pair_of(scenario))
        rounds = [r for r in ours if r in theirs]
        if not rounds:
            continue
        ratios = [ratio_of(ours[r], theirs[r]) for r in rounds]
        ratio, low, high = median(ratios), min(ratios), max(ratios)
        goal, own = goal_of(goals, scenario, cpus, metric)
        judged = sorted(ours.values()) if own else ratios
        table.append({
            "kernel": kernel, "scenario": scenario, "cpus": cpus, "metric": metric, "unit": unit,
            "in_tree": median(theirs.values()), "zram2": median(ours.values()),
            "ratio": ratio, "low": low, "high": high, "rounds": len(rounds),
            "goal": goal, "own": own, "judged": median(judged),
            "verdict": verdict(median(judged), min(judged), goal),
            "others": {d: median(f.values()) for d, f in drivers.items()
                       if d not in pair_of(scenario) and f},
        })
    return table


def number(x):
    return f"{x:.0f}" if abs(x) >= 100 else f"{x:.3g}"


def write_csv(table, path):
    with open(path, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        columns = [c for c in table[0] if c not in ("own", "judged", "others")]
        w.writerow(columns)
        for t in table:
            w.writerow([f"{v:.4g}" if isinstance(v, float) and abs(v) < 1e4 else
                        f"{v:.0f}" if isinstance(v, float) else
                        "" if v is None else v for v in (t[c] for c in columns)])


def is_detail(metric):
    """In results.md, but neither printed nor in the charts."""
    return metric.endswith((" wall", " p50", " p99", " p99.9"))


def markdown(table, notes):
    out = []
    for head, group in itertools.groupby(table, lambda t: (t["kernel"], t["scenario"], t["cpus"])):
        group = list(group)
        out += section(head, group, notes[head]) + others(group)
    return out


def section(head, table, notes):
    kernel, scenario, cpus = head
    theirs, ours = names_of(scenario)
    cpus = "one CPU" if cpus == "1" else f"{cpus} CPUs"
    out = ["", f"## {scenario} ({kernel}, {cpus})", ""]
    for note in notes:
        out += [note, ""]
    out += [f"| metric | unit | {theirs} | {ours} | ratio | spread | goal | |",
            "|---|---|---:|---:|---:|---:|---:|---|"]
    for t in table:
        goal = "" if t["goal"] is None else f"<= {t['goal']:g}{' itself' if t['own'] else ''}"
        out.append(f"| {t['metric']} | {t['unit']} | {number(t['in_tree'])} | {number(t['zram2'])} "
                   f"| {t['ratio']:.3f} | {t['low']:.2f}..{t['high']:.2f} | {goal} | {t['verdict']} |")
    return out


def others(table):
    """What else was measured beside the two, for information."""
    table = [t for t in table if t["others"]]
    if not table:
        return []
    drivers = list(dict.fromkeys(d for t in table for d in t["others"]))
    both = names_of(table[0]["scenario"])
    out = ["", "Beside others:", "",
           f"| metric | unit | {' | '.join(both + drivers)} |",
           f"|---|---|{'---:|' * (len(both) + len(drivers))}"]
    for t in table:
        values = [t["in_tree"], t["zram2"]] + [t["others"].get(d) for d in drivers]
        cells = ["" if v is None else number(v) for v in values]
        out.append(f"| {t['metric']} | {t['unit']} | {' | '.join(cells)} |")
    return out


CHART = """
set output "%(name)s.%(ext)s"
set title "%(title)s"
set ylabel "ratio to %(theirs)s (less is better)"
set xrange [-0.6:%(last)s.6]
plot 1 with lines lc rgb "#888888" dt 2 title "%(theirs)s", \\
  "charts/%(name)s.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "%(ours)s, median and spread", \\
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"
"""


def charts(table, directory):
    """One chart of ratios a scenario and machine, as SVG and PNG."""
    groups = {}
    for t in table:
        if not is_detail(t["metric"]):
            groups.setdefault((t["scenario"], t["kernel"], t["cpus"]), []).append(t)
    # Twice as fast is as far from the same as half as fast.
    script = ['set encoding utf8', 'set logscale y 2', 'set format y "%.3g"',
              'set grid ytics', 'set xtics rotate by 45 right noenhanced', 'set lmargin 16',
              'set key outside top center horizontal']
    os.makedirs(os.path.join(directory, "charts"), exist_ok=True)
    for ext, terminal in (("svg", "svg size 960,540 dynamic background rgb 'white'"),
                          ("png", "pngcairo size 960,540")):
        script.append(f"set terminal {terminal}")
        for (scenario, kernel, cpus), rows in groups.items():
            name = f"{scenario}-{kernel}-{cpus}"
            theirs, ours = names_of(scenario)
            script.append(CHART % {"name": name, "ext": ext, "theirs": theirs, "ours": ours,
                                   "last": len(rows) - 1,
                                   "title": f"{scenario}: {kernel}, CPUs: {cpus}"})
            with open(os.path.join(directory, "charts", name + ".dat"), "w") as f:
                for t in rows:
                    goal = "NaN" if t["goal"] is None else t["goal"]
                    f.write(f'"{t["metric"]}" {t["ratio"]:.4f} {t["low"]:.4f} {t["high"]:.4f} {goal}\n')
    with open(os.path.join(directory, "charts.gnuplot"), "w") as f:
        f.write("\n".join(script) + "\n")


def main():
    goals_file, directory = sys.argv[1:]
    rows, notes = read_raw(os.path.join(directory, "raw"))
    goals = read_goals(goals_file)
    table = evaluate(with_means(rows, goals), goals)
    if not table:
        sys.exit("no figure was measured for both drivers")
    write_csv(table, os.path.join(directory, "results.csv"))
    charts(table, directory)
    judged = [t for t in table if t["goal"] is not None]
    missed = [t for t in judged if t["verdict"] != "reached"]
    summary = ["", f"{len(judged) - len(missed)} of {len(judged)} goals reached."]
    for t in missed:
        summary.append(f"- {t['verdict']}: {t['scenario']} ({t['kernel']}, CPUs: {t['cpus']}), "
                       f"{t['metric']}: {t['judged']:.3f}, goal {t['goal']:g}")
    with open(os.path.join(directory, "results.md"), "w") as f:
        f.write("\n".join(["# zram2 against the in-tree zram"] + markdown(table, notes) + summary) + "\n")
    print("\n".join(markdown([t for t in table if not is_detail(t["metric"])], notes) + summary))


if __name__ == "__main__":
    main()
