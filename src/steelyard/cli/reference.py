"""This file writes the command reference: ``python -m steelyard.cli.reference > docs/cli.md``."""

from collections.abc import Iterator

import typer
from typer.core import TyperGroup

from steelyard.cli.main import app
from steelyard.report.stress import WATCHED_DAYS
from steelyard.research.kinds import KINDS

HEAD = """\
# Commands

Every command answers in text, and with `--json` in one JSON document on standard output.
Progress and complaints go to standard error.
A complaint is one line that says what was found and what to do.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a check found something |
| 2 | a mistake in what was asked: command line, policy, dates, cash, folder to write to, disk |
| 3 | the data cannot be used, a venue or an archive cannot be reached, or the books disagree |
| 130, 141 | interrupted; the reader of the output went away |

Data that lacks what was named cannot be used, also where it was mistyped: `btc` is not `BTC`.

```sh
steelyard policies
steelyard policies show article
steelyard check article
steelyard check article --set limits.band=0.01 --json
```

The first run compiles what walks over the history, once, and says so.
The compiled code lies in the user's cache folder, or where `STEELYARD_CACHE` says.
"""

CHECK = """\
### What a check finds

A *finding* ends the command with 1, a *remark* does not.
Each has the moment that proves it, or the first of the moments that do, and their number.

| finding | what it says |
|---|---|
| `missing_series` | a condition needs a series that the data lacks, and which file would supply it; no account is run then |
| `never` | the trigger never fires: how often its condition was true, and since when it was looked at |
| `always` | its condition was true whenever it was known |
| `unreachable` | the regime is never entered: how often it lacked a confirmation, which safer regime stood in the way and how often, what it may follow, which guard failed |
| `no_effect` | the trigger fires, and without its effects every target would be the same |
| `look_ahead` | a value changes when what came after it is taken away |

| remark | what it says |
|---|---|
| `overlap` | two regimes were confirmed at the same evaluation: on how many days, and which wins |
| `open` | an episode had not ended when the data did, and none of its kind that ended was as long |
| `unbacked` | coins back the futures of the account, and those of the trigger or regime were cut to it, or its cap of leverage cut them; without data the command names those that are cut whatever else is in force |
| `stand_in` | a series is lacking and `first_known` names what stands in for it |

### What followed

The table counts conditions alone, `when` without `while_active`, on all of the spot history unless dates are given, so it begins before an account can.
Days on which a condition was true are one episode while they lie at most 7 days apart.
What is reviewed at settlements is dated by the day of the settlement, all else by the day of its bar.
A return runs from the next daily open to the close 7 or 30 days after the first day of an episode, without costs.
`any` is the mean over all days on which the condition was known, so that both speak of the same days.
The interval holds 90 % of the means over 1,000 resampled histories: days, each with its return and its mark, are drawn in blocks of 30 days on average (stationary bootstrap, fixed seed).
With fewer than 30 episodes it says so; `--episodes` lists each.
[How often the triggers fire](evidence.md) has the table for BTC.

### What it costs

`--profile` shows every distinct sub-expression, how often it was asked for, how often it was worked out, and the time spent on it alone.
The benchmark `sma200-only`, which every backtest runs beside the policy, is evaluated after it and finds known what both need.

### The document

With `--json`: `schema`, `policy`, `reads`, `unbacked` (ids whose futures the account cuts whenever they are in force), `limits`, `triggers`, `regimes`; `market`, null without `--data`; `profile`, null without `--profile`.

| key of `market` | content |
|---|---|
| `asset`, `is_synthetic`, `start`, `end` | what an account was run on |
| `triggers`, `regimes` | when each was active; empty where a series is lacking |
| `cuts` | where the history was cut to look for foresight |
| `findings`, `remarks` | `kind`, `id`, `sentence`, `moment`, `count`; the last two may be null |
| `evidence` | a row for each trigger, regime and named condition |

A row of `evidence` has `kind` (`trigger`, `regime`, `define`), `id`, `when`, `while_active`; `unanswered`, why it could not be counted, or null; `known_days` between `first` and `last`; `true_days` and `confirmed_days`; `per_year`; `is_few`, fewer than 30 episodes.
Its `outcomes`, one for 7 and one for 30 `days`, have `followed` (episodes with a return), `mean`, `mean_true_days` (over every true day), `low`, `high`, `any_day`: fractions, null where there is none.
Its `episodes` have `first`, `last`, `days` and the two `returns`.

`profile` has `asked`, `computed`, `seconds` over all, `expressions` with `text`, `grid`, `asked`, `computed`, `seconds`, and the same by policy in `policies`.

```python
import steelyard as sy

market = sy.synthetic_market()
found = sy.check("article", market)
print([finding.sentence for finding in found.findings])
print({row.id: len(row.episodes) for row in found.evidence})
print(sy.profile(["article", "prudent"], market).policies)
```
"""  # noqa: E501 - one sentence a line

DOWNLOAD = """### What a download leaves

A folder that `backtest` opens with `--data`, described in [Data](data.md).
Its report has a line for each series, with a mark for each quarter of a year, and the longest gaps.
A series that could not be fetched whole is left as it was, and the command ends with 3 and says which and why; the others are written.
Nothing is ever half-written, and a run that was stopped at any moment goes on where it was.
No key is needed, and none is asked for.

```text
steelyard data download BTC ETH --from 2019-01-01 --data data
steelyard backtest article --data data --asset BTC
steelyard data update --data data
```
"""  # noqa: E501 - one sentence a line

STRESS = """### What a shock does

| shock | size | usual | what it does | where it strikes unless `--at` says when |
|---|---|---|---|---|
{rows}

Shocks that are given together strike at one moment: that at which the sum of what each would take is largest.
Conditions read the shocked market, so a gap changes every close after it, and all that is made of closes.
A lost peg lowers what the account's balance is worth and leaves coins at the prices they are quoted at; margin is counted in the stablecoin, as venues do.
Implied volatility, open interest, the basis that conditions read, sentiment and macro series stay as they were recorded, and so do traded coins.
The cap of funding is that of BTCUSDT on Binance; other contracts have 2 to 3 %.

### What is reported

Everything is counted from the moment of the shocks on, or from the start where none strikes at a moment, at the ends of hours, for the policy, for the policy without the shocks, and for holding with them.

| key | content |
|---|---|
| `before`, `end` | equity before the shocks, and the last |
| `worst`, `drawdown` | lowest equity, and deepest fall, within {watched} days of the shocks; of the whole run where none strikes at a moment |
| `margin_ratio`, `nearest_liquidation` | highest ratio of maintenance margin to margin balance; smallest move of the mark that would have liquidated |
| `margin_call` | first hour at the policy's own bound of margin defence, or with a liquidation |
| `liquidations` | when, at which mark, at which cost beyond it |
| `under_water_hours` | from the shocks until `before` was seen again after the lowest; 0 if equity never fell below it, null if it was not seen again |

With `--json`: `schema`, `policy`, `asset`, `quote`, `venue`, `cash`, `margin_call_at`; `runs`, each with `run`, `start`, `end`, `shocks`, `policy`, `unshocked`, `hold`; `missing`, the windows that could not be run, and why.
[Bad times and shocks](stress.md) has the two shipped policies on BTC.

```python
import steelyard as sy

market = sy.synthetic_market()
found = sy.stress("article", market, shocks=["gap=-40", "frozen=12"], at="2002-05-01")
print(found.shocked[0].policy.worst_change, found.shocked[0].hold.worst_change)
```
"""  # noqa: E501 - one sentence a line


def _stress() -> str:
    """Return what the reference says of a stress test, with a row for each kind of shock."""
    rows = [
        f"| `{name}` | {kind.unit}, {kind.least:g} to {kind.most:g} | {kind.usual:g} | "
        f"{kind.does} | {kind.rule} |"
        for name, kind in KINDS.items()
    ]
    return STRESS.format(rows="\n".join(rows), watched=WATCHED_DAYS)


AFTER = {
    "steelyard check": CHECK,
    "steelyard data download": DOWNLOAD,
    "steelyard stress": _stress(),
}
"""What the reference adds to the help of a command."""


def reference() -> str:
    """Return the reference of all commands, as Markdown."""
    root = typer.main.get_command(app)
    context = typer.Context(root, info_name="steelyard", terminal_width=80, max_content_width=80)
    return "\n".join([HEAD, *(part for each in _all(context) for part in _sections(each))])


def _sections(context: typer.Context) -> Iterator[str]:
    """Yield the help of a command, and what the reference adds to it."""
    yield f"## {context.command_path}\n\n```text\n{context.get_help()}\n```\n"
    if context.command_path in AFTER:
        yield AFTER[context.command_path]


def _all(context: typer.Context) -> Iterator[typer.Context]:
    """Yield the context of a command and of all below it."""
    yield context
    if isinstance(context.command, TyperGroup):
        for name, command in context.command.commands.items():
            below = typer.Context(command, parent=context, info_name=name)
            yield from _all(below)


if __name__ == "__main__":
    from steelyard.cli.console import say

    say(reference())
