/* The pictures of a report: small multiples on one time axis, and a waterfall. No network, no storage. */
(() => {
  const DAY = 86400000;
  const WEEK = 7 * DAY;
  const DAY_CANDLE = 4; // pixels that a day takes at least where days are drawn as candles
  const HOUR_CANDLE = 2; // and that an hour takes where hours are
  const PRICE_ROOM = 5; // pixels kept free around a price: half of the largest mark
  const SYMBOLS = ["triangle", "diamond", "rect", "circle", "arrow", "roundRect", "pin"];
  const TINTS = 5;
  const data = JSON.parse(document.getElementById("figures").textContent);
  const rows = data.ms.length;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const box = document.getElementById("chart");
  const fall = document.getElementById("waterfall");

  let hours = null; // unpacked later: the page is drawn first
  let profiles = new Map();

  /** A link that ends in #2022-05-01..2022-06-20 shows these days. */
  const asked = () => {
    const [, from, to] = /^#(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)$/.exec(location.hash) ?? [];
    const [start, end] = [Math.max(Date.parse(from), data.start), Math.min(Date.parse(to) + DAY, data.end)];
    return start < end ? { from: start, to: end } : { from: data.start, to: data.end };
  };
  let view = asked();

  // ---- words -------------------------------------------------------------------------------
  const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const money = (value) => (value == null ? "-" : Math.round(value).toLocaleString("en-US"));
  const price = (value) =>
    value == null ? "-" : value.toLocaleString("en-US", { maximumSignificantDigits: 5 });
  const percent = (value) => (value == null ? "-" : `${(value * 100).toFixed(1)} %`);
  const signed = (value) => (value > 0.0005 ? "+" : "") + percent(value);
  const date = (ms) => new Date(ms).toISOString().slice(0, 10);
  const stamp = (ms) =>
    ms % DAY === 0 ? date(ms) : `${date(ms)} ${new Date(ms).toISOString().slice(11, 16)} UTC`;
  const regimeName = (number) => (number < 0 ? "baseline" : data.regimes[number]);

  // ---- look-ups ----------------------------------------------------------------------------
  const points = (values) => values.map((value, i) => [data.ms[i], value]);
  const nearest = (ms) => {
    let low = 0;
    let high = rows - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (data.ms[middle] < ms) low = middle + 1;
      else high = middle;
    }
    return low > 0 && ms - data.ms[low - 1] < data.ms[low] - ms ? low - 1 : low;
  };
  const spellAt = (ms) => data.spells.find(([, from, to]) => from <= ms && ms < to) ?? data.spells.at(-1);
  const activeAt = (ms) =>
    data.active.filter(([, from, to]) => from <= ms && (ms < to || to === data.end)).map(([n]) => data.triggers[n]);
  const reasonsOf = (row) => {
    const after = row === 0 ? -Infinity : data.ms[row - 1];
    return data.reasons
      .filter(([ms]) => ms > after && ms <= data.ms[row])
      .map(([ms, ...said]) => [ms, said.map((n) => data.sentences[n]).join(" ")]);
  };
  const lastRow = () => Math.max(nearest(view.to) - (data.ms[nearest(view.to)] > view.to ? 1 : 0), 0);

  // ---- colours: long and spot one hue, short and futures another, the rest grey ------------------
  let ink = {};
  const readInk = () => {
    const style = getComputedStyle(document.documentElement);
    const named = (name) => style.getPropertyValue(`--${name}`).trim();
    ink = Object.fromEntries(
      ["paper", "ink", "soft", "line", "grey", "spot", "futures", "force", "raised", "level"].map((n) => [n, named(n)]),
    );
    ink.font = getComputedStyle(document.body).fontFamily;
    ink.tints = Array.from({ length: TINTS }, (_, i) => named(`regime-${i}`));
  };
  const tint = (number) => {
    const last = Math.max(data.regimes.length - 1, 1);
    const place = data.regimes.length <= TINTS ? number : Math.round((number / last) * (TINTS - 1));
    return ink.tints[place];
  };

  // ---- panels ------------------------------------------------------------------------------
  const hasDefence = data.defence != null;
  /** A move of the price in words: fractions above zero are rises. */
  const move = (value) => `a ${value < 0 ? "fall" : "rise"} of ${percent(Math.abs(value))}`;
  const nearestLiquidation = () => {
    const known = data.reach.flatMap((value, i) => (value == null ? [] : [[Math.abs(value), i]]));
    if (known.length === 0) return "At no daily close could a move of the price have liquidated it.";
    const [, at] = known.reduce((least, one) => (one[0] < least[0] ? one : least));
    return `Of all daily closes that of ${date(data.ms[at])} was nearest to it: ${move(data.reach[at])} away.`;
  };
  const priceFoot = () => {
    const levels_ = data.levels.length
      ? "Level lines: support and resistance of the weekly chart, each from when it was known, thicker with more touches, paler as they age."
      : "No key level of the weekly chart was known in this time: one needs two pivots and half a year.";
    const profile = data.profiles
      ? `Beside it: where the volume of the last ${data.profiles.days} days was traded, to the day under the pointer or the end of the view; dark is the value area of 70 %, the line its fullest price.`
      : "No volume profile was known in this time: it needs 30 days of hourly bars.";
    return `Closes of days; zoomed in, candles of days and then of hours: hollow where the price rose, filled where it fell. Marks show when a trigger fired, each in the shape of its row below. ${levels_} ${profile}`;
  };
  const PANELS = [
    {
      key: "price", tall: 300, title: "Price", unit: `${data.asset} spot, ${data.quote}`,
      foot: priceFoot(),
    },
    {
      key: "lanes", tall: 26 + 20 * data.triggers.length, title: "Regime and triggers", unit: "when each was in force",
      foot: "The first row is the regime, the others are triggers: a bar for as long as each was active, its unwinding included.",
    },
    {
      key: "equity", tall: 220, title: "Equity", unit: data.quote,
      foot: "The policy in bold against holding, static mixes, the same average exposure without timing, and the 200-day average alone.",
    },
    {
      key: "exposure", tall: 190, title: "Spot and futures", unit: "% of equity",
      foot: "Areas: spot above zero; long futures on top of it, short futures below zero. Line: net exposure, their sum.",
    },
    {
      key: "drawdown", tall: 130, title: "Drawdown", unit: "% below the highest equity so far",
      foot: "How far the policy, and holding, stood below their own highest daily value.",
    },
    {
      key: "hedge", tall: 110, title: "Hedge ratio", unit: "short over spot, %",
      foot: "100 % is a full hedge, more is net short. A gap means that there was no spot.",
    },
    {
      key: "margin", tall: 150, title: "Margin ratio", unit: "%, highest of each day, logarithmic",
      foot: `Maintenance margin over the money behind the futures. ${
        hasDefence ? `At ${percent(data.defence)} the policy defends itself` : "This policy has no margin defence"
      }; at 100 % the venue liquidates. ${nearestLiquidation()} A gap means that there were no futures.`,
    },
  ];
  const number = Object.fromEntries(PANELS.map((panel, i) => [panel.key, i]));

  const words = PANELS.map((panel) => {
    const head = document.createElement("div");
    head.className = "panel-head";
    head.innerHTML = `${escape(panel.title)} <span>${escape(panel.unit)}</span>`;
    const foot = document.createElement("div");
    foot.className = "panel-foot";
    foot.textContent = panel.foot;
    return { head, foot };
  });
  const canvas = document.createElement("div");
  canvas.style.cssText = "position:absolute;inset:0";
  const beside = document.createElement("div");
  beside.className = "profile";
  const besideHead = document.createElement("div");
  besideHead.className = "profile-head";
  const names = document.createElement("div"); // beside the picture, so that a new one costs no drawing
  names.className = "names";
  names.setAttribute("aria-hidden", "true");
  box.append(canvas, names, beside, besideHead, ...words.flatMap(({ head, foot }) => [head, foot]));

  const isNarrow = () => box.clientWidth < 640;
  const margins = () => (isNarrow() ? { left: 44, right: 92 } : { left: 56, right: 148 });
  const profileWidth = () => (isNarrow() ? 30 : 72);

  /** Place the words and return where each panel's plot lies. */
  const placed = () => {
    let y = 0;
    const plots = PANELS.map((panel, i) => {
      const { head, foot } = words[i];
      head.style.top = `${y}px`;
      y += head.offsetHeight + 8;
      const plot = { top: y, height: panel.tall };
      y += panel.tall + (panel.key === "lanes" ? 8 : 24);
      if (panel.key === "price") y += 30; // the slider
      foot.style.top = `${y}px`;
      y += foot.offsetHeight + 22;
      return plot;
    });
    box.style.height = `${y}px`;
    return plots;
  };

  // ---- series ------------------------------------------------------------------------------
  const bands = () => ({
    silent: true,
    data: data.spells
      .filter(([regime]) => regime >= 0)
      .map(([regime, from, to]) => [
        { xAxis: from, itemStyle: { color: tint(regime), opacity: dark.matches ? 0.4 : 0.36 } },
        { xAxis: to },
      ]),
  });
  const line = (panel, id, values, options = {}) => ({
    id, type: "line", xAxisIndex: number[panel], yAxisIndex: number[panel], data: points(values),
    showSymbol: false, connectNulls: false, animation: false, emphasis: { disabled: true }, z: 3, ...options,
    lineStyle: { width: 1.2, ...options.lineStyle },
  });
  const area = (panel, id, values, colour) =>
    line(panel, id, values, {
      color: colour, areaStyle: { color: colour, opacity: 0.34 }, lineStyle: { color: colour, width: 1 },
      stack: panel, z: 2, // one sign stacks: long futures stand on spot, short ones hang below zero
    });

  /** Marks shrink where many are in view. */
  const markSize = () => {
    const seen = data.active.filter(([, from]) => from >= view.from && from <= view.to).length;
    return seen > 60 ? 5 : seen > 25 ? 7 : 9;
  };
  const marks = () =>
    data.triggers.map((_, n) => ({
      id: `mark-${n}`, type: "scatter", xAxisIndex: 0, yAxisIndex: 0, symbol: SYMBOLS[n % SYMBOLS.length],
      symbolSize: markSize(), z: 6, animation: false, silent: true,
      itemStyle: { color: ink.ink, borderColor: ink.paper, borderWidth: 1 },
      data: data.active.filter(([which]) => which === n).map(([, from]) => [from, data.price[nearest(from)]]),
    }));

  const liquidations = () => ({
    id: "liquidations", type: "scatter", xAxisIndex: 0, yAxisIndex: 0, symbol: "pin", symbolSize: 22, z: 7,
    animation: false, silent: true, itemStyle: { color: ink.force },
    label: { show: true, position: "top", formatter: "liquidated", color: ink.force, fontSize: 11 },
    data: data.liquidations.map((ms) => [ms, data.price[nearest(ms)]]),
  });

  const laneMarks = () =>
    data.triggers.map((_, n) => ({
      id: `lane-mark-${n}`, type: "scatter", xAxisIndex: 1, yAxisIndex: 1, symbol: SYMBOLS[n % SYMBOLS.length],
      symbolSize: markSize(), z: 6, animation: false, silent: true,
      itemStyle: { color: ink.ink, borderColor: ink.paper, borderWidth: 1 },
      data: data.active.filter(([which]) => which === n).map(([, from]) => [from, laneRow(n + 1)]),
    }));

  const laneRow = (n) => data.triggers.length - n; // the regime's row is the highest
  const lanes = () => {
    const bars = [
      ...data.spells.map(([regime, from, to]) => ({ value: [from, laneRow(0), to, regime, 0] })),
      ...data.active.map(([n, from, to]) => ({ value: [from, laneRow(n + 1), to, n, 1] })),
    ];
    return {
      id: "lanes", type: "custom", xAxisIndex: 1, yAxisIndex: 1, data: bars, clip: true, animation: false,
      silent: true, encode: { x: [0, 2], y: 1 }, z: 3,
      renderItem: (params, api) => {
        const [x, y] = api.coord([api.value(0), api.value(1)]);
        const [end] = api.coord([api.value(2), api.value(1)]);
        const { x: left, width } = params.coordSys;
        const from = Math.max(x, left);
        const to = Math.min(Math.max(end, x + 2), left + width);
        if (to <= from) return null;
        if (api.value(4) === 1) {
          const shape = { x: from, y: y - 5, width: to - from, height: 10, r: 1 };
          return { type: "rect", shape, style: { fill: ink.grey } };
        }
        const regime = api.value(3);
        const shape = { x: from, y: y - 9, width: to - from, height: 18 };
        const fill = regime < 0 ? ink.raised : tint(regime);
        const name = regimeName(regime);
        const children = [{ type: "rect", shape, style: { fill, stroke: ink.paper, lineWidth: 1 } }];
        if (to - from > name.length * 6.2 + 6) {
          children.push({
            type: "text",
            style: { text: name, x: from + 4, y, fill: ink.ink, fontSize: 11, fontFamily: ink.font, verticalAlign: "middle" },
          });
        }
        return { type: "group", children };
      },
    };
  };
  // Gives the crosshair something to hold on to where only bars are drawn.
  const anchor = () => line("lanes", "anchor", data.ms.map(() => laneRow(0)), {
    lineStyle: { opacity: 0 }, symbol: "none", silent: true,
  });

  const plotWidth = () => box.clientWidth - margins().left - margins().right;
  /** What prices are drawn as: a line, a candle a day, or a candle an hour. */
  const detail = () => {
    const wide = plotWidth() / ((view.to - view.from) / DAY);
    if (hours && wide / 24 >= HOUR_CANDLE) return "hour";
    return wide >= DAY_CANDLE && data.candles.some(Boolean) ? "day" : "line";
  };
  const dayCandles = () => data.candles.flatMap((candle, i) => (candle ? [[data.ms[i], ...candle]] : []));
  const hourRow = (ms) => Math.round((ms - hours.from) / hours.step);
  const hourCandle = (i) => {
    const { from, step, tick, open, close, low, high } = hours;
    return [from + i * step, ...[open[i], close[i], low[i], high[i]].map((price_) => Number((price_ * tick).toPrecision(12)))];
  };
  const hourCandles = () => {
    const drawn = [];
    const end = Math.min(hourRow(view.to) + 1, hours.rows - 1);
    for (let i = Math.max(hourRow(view.from) - 1, 0); i <= end; i++) if (!hours.gone[i]) drawn.push(hourCandle(i));
    return drawn;
  };
  const CANDLES = { line: () => [], day: dayCandles, hour: hourCandles };
  const OPACITY = { line: 1, day: 0.25, hour: 0 };
  const candles = (kind) => ({
    id: "candles", type: "candlestick", xAxisIndex: 0, yAxisIndex: 0, animation: false, silent: true, z: 3,
    encode: { x: 0, y: [1, 2, 3, 4] }, barMaxWidth: 11, barMinWidth: 1, data: CANDLES[kind](),
    itemStyle: { color: ink.paper, color0: ink.soft, borderColor: ink.ink, borderColor0: ink.soft, borderWidth: kind === "hour" ? 0.8 : 1 },
  });

  /** Boxes that the price and the marks on it take, a day each. */
  const pricePlaces = (api) => data.price.flatMap((close, i) => {
    if (close == null || data.ms[i] < view.from - DAY || data.ms[i] > view.to + DAY) return [];
    const [, , low, high] = data.candles[i] ?? [close, close, close, close];
    const [[left, top], [right, bottom]] = [api.coord([data.ms[i] - DAY, high]), api.coord([data.ms[i], low])];
    return [[left - PRICE_ROOM, right + PRICE_ROOM, top - PRICE_ROOM, bottom + PRICE_ROOM]];
  });

  const levelPlaces = (api) => data.levels.map(([from, to, price_]) => {
    const [[left, y], [right]] = [api.coord([from, price_]), api.coord([to, price_])];
    return [left, right, y, y];
  });

  /** Key levels: a line for as long as each stayed as it was. */
  const levels = () => ({
    id: "levels", type: "custom", xAxisIndex: 0, yAxisIndex: 0, animation: false, silent: true, clip: true, z: 2,
    encode: { x: [0, 1], y: 5 }, // nothing on y: a level far away does not stretch the axis
    data: data.levels.map(([from, to, price_, touches], n) => [from, to, price_, touches, n, "-"]),
    renderItem: (params, api) => {
      const [x, y] = api.coord([api.value(0), api.value(2)]);
      const [end] = api.coord([api.value(1), api.value(2)]);
      const { x: left, y: top, width, height } = params.coordSys;
      const [from, to] = [Math.max(x, left), Math.min(end, left + width)];
      if (to <= from || y < top || y > top + height) return null;
      const touches = api.value(3);
      const strength = strengthAt(data.levels[api.value(4)], Math.min(view.to, api.value(1)));
      const opacity = 0.4 + 0.6 * Math.min(strength, 1);
      const children = [
        {
          type: "line", shape: { x1: from, y1: y, x2: to, y2: y },
          style: { stroke: ink.level, lineWidth: Math.min(touches - 1, 4) * 0.9, opacity },
        },
      ];
      const text = `${price(api.value(2))} · ${touches} touches`;
      const long = text.length * 6 + 8;
      params.context.taken ??= [...pricePlaces(api), ...levelPlaces(api)];
      const place = freePlace(params.context.taken, from, to, long, y);
      if (place !== null) {
        params.context.taken.push([place, place + long, y - WORDS_HIGH, y]);
        children.push({
          type: "text",
          style: { text, x: place + 3, y: y - 3, fill: ink.soft, fontSize: 10.5, fontFamily: ink.font, verticalAlign: "bottom", stroke: ink.paper, lineWidth: 2.5 },
        });
      }
      return { type: "group", children };
    },
  });
  const strengthAt = ([from, , , , , strengths], ms) =>
    strengths[Math.max(0, Math.min(strengths.length - 1, Math.floor((ms - from) / WEEK)))];

  /** The volume profile of a day beside the price. */
  const drawProfile = (row) => {
    const found = profiles.get(row);
    const plot = plots[0];
    if (!found) {
      beside.replaceChildren();
      besideHead.textContent = hours && data.profiles ? `no profile on ${date(data.ms[row])}` : "";
      return;
    }
    const width = profileWidth();
    const step = (found.high - found.low) / found.volume.length;
    const place = (price_) => chart.convertToPixel({ yAxisIndex: 0 }, price_) - plot.top;
    const bars = [...found.volume].map((volume, i) => {
      const [upper, lower] = [place(found.low + (i + 1) * step), place(found.low + i * step)];
      if (lower < 0 || upper > plot.height || volume === 0) return "";
      const inside = i >= found.first && i <= found.last;
      const tall = Math.max(lower - upper - (lower - upper > 3 ? 0.6 : 0), 0.6);
      return `<rect class="${inside ? "inside" : "outside"}" x="0" y="${upper.toFixed(1)}" width="${((volume / 100) * width).toFixed(1)}" height="${tall.toFixed(1)}"/>`;
    });
    const middle = place(found.low + (found.fullest + 0.5) * step);
    const poc = middle < 0 || middle > plot.height ? "" : `<line x1="0" x2="${width}" y1="${middle.toFixed(1)}" y2="${middle.toFixed(1)}"/>`;
    beside.style.cssText = `left:${box.clientWidth - margins().right + 2}px;top:${plot.top}px;width:${width}px;height:${plot.height}px`;
    beside.innerHTML = `<svg width="${width}" height="${plot.height}" aria-hidden="true">${bars.join("")}${poc}</svg>`;
    besideHead.textContent = `volume${isNarrow() ? "" : `, ${found.days} days`} to ${date(data.ms[row])}`;
  };

  const DASHES = ["solid", [6, 3], [2, 3], [9, 3, 2, 3], [4, 2]];
  const equity = () => [
    line("equity", "equity", data.equity, {
      color: ink.ink, lineStyle: { color: ink.ink, width: 2.2 }, z: 5, markArea: bands(),
    }),
    ...data.benchmarks.map(({ values }, n) =>
      line("equity", `benchmark-${n}`, values, {
        color: ink.grey, lineStyle: { color: ink.grey, width: 1.2, type: DASHES[n % DASHES.length] },
      }),
    ),
  ];

  const hundred = (values) => values.map((value) => (value == null ? null : value * 100));
  const net = () => data.spot.map((spot, i) => (spot == null ? null : (spot + data.futures[i]) * 100));
  const longOnSpot = () =>
    data.spot.map((spot, i) => (spot == null ? null : (data.futures[i] + (data.futures[i] > 0 ? spot : 0)) * 100));
  const level = (value, text, colour = ink.ink) => ({
    yAxis: value, lineStyle: { color: colour, type: "dashed", width: 1 },
    label: { formatter: text, color: colour === ink.ink ? ink.soft : colour, fontSize: 11, position: "end", distance: 6 },
  });
  const series = (kind) => [
    line("price", "price", data.price, {
      color: ink.ink, lineStyle: { color: ink.ink, width: 1.3, opacity: OPACITY[kind] },
      markArea: bands(),
    }),
    levels(), candles(kind), ...marks(), liquidations(), lanes(), ...laneMarks(), anchor(), ...equity(),
    { ...area("exposure", "spot", hundred(data.spot), ink.spot), markArea: bands() },
    area("exposure", "futures", hundred(data.futures), ink.futures),
    line("exposure", "delta", net(), {
      color: ink.ink, lineStyle: { color: ink.ink, width: 1.6 }, z: 4,
    }),
    line("drawdown", "drawdown", hundred(data.drawdown), {
      color: ink.ink, lineStyle: { color: ink.ink, width: 1.6 }, areaStyle: { color: ink.grey, opacity: 0.3, origin: 0 },
      markArea: bands(), z: 4,
    }),
    line("drawdown", "holding", hundred(data.holding), {
      color: ink.grey, lineStyle: { color: ink.grey },
    }),
    line("hedge", "hedge", hundred(data.hedge), {
      color: ink.futures, lineStyle: { color: ink.futures, width: 1.6 },
      areaStyle: { color: ink.futures, opacity: 0.25, origin: 0 }, markArea: bands(),
      markLine: { silent: true, symbol: "none", animation: false, data: [level(100, "full hedge")] },
    }),
    line("margin", "margin", hundred(data.margin), {
      color: ink.ink, lineStyle: { color: ink.ink, width: 1.6 }, markArea: bands(),
      markLine: {
        silent: true, symbol: "none", animation: false,
        data: [...(hasDefence ? [level(data.defence * 100, "defence")] : []), level(100, "liquidation", ink.force)],
      },
    }),
  ];

  // ---- labels at the end of lines, moved apart where they would meet ---------------------------------
  const LABELS = () => [
    ["price", data.price, data.asset, ink.ink, true],
    ["price", data.support.map((n) => data.levels[n]?.[2]), "support", ink.soft, false],
    ["price", data.resistance.map((n) => data.levels[n]?.[2]), isNarrow() ? "resist." : "resistance", ink.soft, false],
    ["margin", hundred(data.margin), data.policy, ink.ink, true],
    ["equity", data.equity, data.policy, ink.ink, true],
    ...data.benchmarks.map(({ name, values }) => ["equity", values, name, ink.soft, false]),
    ["exposure", hundred(data.spot), "spot", ink.spot, false],
    ["exposure", longOnSpot(), "futures", ink.futures, false],
    ["exposure", net(), "net", ink.ink, true],
    ["drawdown", hundred(data.drawdown), data.policy, ink.ink, true],
    ["drawdown", hundred(data.holding), "holding", ink.soft, false],
  ];
  const LABEL_GAP = 13;
  const labels = (plots) => {
    const side = margins();
    const last = lastRow();
    const drawn = [];
    for (const panel of PANELS) {
      const { top, height } = plots[number[panel.key]];
      const own = LABELS().filter(([key]) => key === panel.key).flatMap(([, values, text, colour, bold]) => {
        const value = values[last];
        if (value == null) return [];
        const y = chart.convertToPixel({ yAxisIndex: number[panel.key] }, value);
        if (y < top - 2 || y > top + height + 2) return [];
        const beyond = panel.key === "price" && profiles.size > 0 ? profileWidth() + 2 : 0;
        return [{ y, x: box.clientWidth - side.right + 6 + beyond, text, colour, bold }];
      });
      own.sort((one, other) => one.y - other.y);
      let free = top - 4;
      for (const label of own) {
        label.y = Math.max(label.y, free);
        free = label.y + LABEL_GAP;
      }
      let floor = top + height - 2;
      for (const label of own.toReversed()) {
        label.y = Math.min(label.y, floor);
        floor = label.y - LABEL_GAP;
      }
      drawn.push(...own);
    }
    return drawn.map(
      ({ x, y, text, colour, bold }) =>
        `<span style="left:${x}px;top:${y.toFixed(1)}px;color:${colour}${bold ? ";font-weight:600" : ""}">${escape(text)}</span>`,
    );
  };
  const drawLabels = () => {
    names.innerHTML = labels(plots).join("");
    drawProfile(lastRow());
  };

  // ---- one day in words ----------------------------------------------------------------------
  const lineOf = (name, text) => `${name} ${text}`;
  const ratio = (value) => (value == null ? "-" : `${value.toFixed(2)}x`);
  const levelFacts = (found, ms) => {
    const [, , price_, touches, known] = found;
    return `${price(price_)} (${touches} touches, known since ${date(known)}, strength ${strengthAt(found, ms).toFixed(2)})`;
  };
  const profileFacts = ({ days, low, high, first, last, fullest, volume }) => {
    const edge = (bin) => price(low + (bin * (high - low)) / volume.length);
    return `volume of ${days} days fullest at ${edge(fullest + 0.5)}, value area ${edge(first)} to ${edge(last + 1)}`;
  };
  const hourFacts = (ms) => {
    const i = hourRow(ms);
    if (showing !== "hour" || !(i >= 0 && i < hours.rows) || hours.gone[i]) return [];
    const [end, open, close, low, high] = hourCandle(i);
    return [`hour to ${stamp(end)}: ${price(open)}, high ${price(high)}, low ${price(low)}, close ${price(close)}`];
  };
  const facts = (row) => {
    const ms = data.ms[row];
    const active = activeAt(ms);
    const told = [
      lineOf("price", price(data.price[row])),
      lineOf("equity", `${money(data.equity[row])} (holding ${money(data.benchmarks[0].values[row])})`),
    ];
    if (data.spot[row] != null) {
      const net = data.spot[row] + data.futures[row];
      told.push(`spot ${percent(data.spot[row])}, futures ${signed(data.futures[row])}, net ${signed(net)}`);
      told.push(`hedge ratio ${percent(data.hedge[row])}, leverage ${ratio(data.leverage[row])}, margin ratio ${percent(data.margin[row])}`);
      if (data.reach[row] != null) told.push(`liquidation ${move(data.reach[row])} away`);
    }
    const near = [["support", data.support[row]], ["resistance", data.resistance[row]]].filter(([, n]) => n != null);
    const profile = profiles.get(row);
    if (profile) told.push(profileFacts(profile));
    told.push(...near.map(([name, n]) => lineOf(name, levelFacts(data.levels[n], ms))));
    told.push(`regime ${regimeName(spellAt(ms)[0])}${active.length ? `; active: ${active.join(", ")}` : ""}`);
    return told;
  };
  const tooltip = (params) => {
    const at = (Array.isArray(params) ? params[0] : params)?.axisValue;
    if (at == null) return "";
    const row = nearest(Number(at));
    const why = reasonsOf(row).map(
      ([ms, text]) => `<div style="margin-top:5px"><b>${escape(stamp(ms))}</b> ${escape(text)}</div>`,
    );
    const width = isNarrow() ? 250 : 340;
    return `<div style="width:${width}px;white-space:normal"><b>${escape(stamp(data.ms[row]))}</b><br>${[...hourFacts(Number(at)), ...facts(row)]
      .map(escape).join("<br>")}${why.join("")}</div>`;
  };

  // ---- axes ----------------------------------------------------------------------------------
  const yAxis = (panel, i) => {
    const base = {
      gridIndex: i, type: "value", splitNumber: panel.tall < 150 ? 2 : 4, axisLine: { show: false },
      axisTick: { show: false }, splitLine: { lineStyle: { color: ink.line, width: 0.6, opacity: 0.8 } },
      axisLabel: { color: ink.soft, fontSize: 11, formatter: (v) => v.toLocaleString("en-US") },
    };
    const short = (v) => (Math.abs(v) >= 10000 ? `${(v / 1000).toLocaleString("en-US")}k` : v.toLocaleString("en-US"));
    if (panel.key === "price" || panel.key === "equity") {
      return { ...base, scale: true, axisLabel: { ...base.axisLabel, formatter: short } };
    }
    if (panel.key === "lanes") {
      const names = ["regime", ...data.triggers];
      const room = margins().right - 10;
      return {
        ...base, position: "right", min: -0.5, max: data.triggers.length + 0.5, interval: 0.5, splitLine: { show: false },
        axisLabel: {
          ...base.axisLabel, width: room, overflow: "truncate", margin: 6, showMinLabel: true, showMaxLabel: true,
          formatter: (v) => (Number.isInteger(v) ? names[data.triggers.length - v] ?? "" : ""),
        },
      };
    }
    if (panel.key === "drawdown") return { ...base, max: 0 };
    if (panel.key === "hedge") return { ...base, min: 0, max: (value) => Math.max(120, Math.ceil(value.max / 20) * 20) };
    if (panel.key === "margin") {
      const known = data.margin.filter((value) => value > 0);
      const least = Math.min(0.01, ...known);
      return {
        ...base, type: "log", logBase: 10, min: 10 ** Math.floor(Math.log10(least * 100)),
        max: 10 ** Math.ceil(Math.log10(Math.max(1, ...known) * 100)),
      };
    }
    return base;
  };
  const xAxis = (panel, i) => ({
    gridIndex: i, type: "time", min: data.start, max: data.end, containShape: false, // one axis for all panels
    axisLine: { lineStyle: { color: ink.line }, onZero: false }, axisTick: { show: false }, splitLine: { show: false },
    axisLabel: {
      show: panel.key !== "lanes", color: ink.soft, fontSize: 11, hideOverlap: true,
      formatter: { year: "{yyyy}", month: "{yyyy}-{MM}", day: "{yyyy}-{MM}-{dd}", hour: "{HH}:{mm}", minute: "{HH}:{mm}" },
    },
    axisPointer: { show: true, label: { show: false }, lineStyle: { color: ink.soft, width: 1 } },
  });

  // ---- drawing -------------------------------------------------------------------------------
  const chart = echarts.init(canvas, null, { renderer: "canvas" });
  let showing = "line";
  let size = 0;

  let plots = [];

  const draw = () => {
    readInk();
    showing = detail();
    box.dataset.candles = showing;
    size = markSize();
    plots = placed();
    const side = margins();
    const all = PANELS.map((_, i) => i);
    chart.resize();
    chart.setOption(
      {
        useUTC: true, animation: false, backgroundColor: "transparent",
        textStyle: { fontFamily: ink.font },
        grid: plots.map(({ top, height }) => ({ top, height, ...side })),
        xAxis: PANELS.map(xAxis), yAxis: PANELS.map(yAxis), axisPointer: { link: [{ xAxisIndex: "all" }] },
        tooltip: {
          trigger: "axis", confine: true, formatter: tooltip, transitionDuration: 0, backgroundColor: ink.paper,
          borderColor: ink.line, textStyle: { color: ink.ink, fontSize: 12 }, padding: [6, 9], enterable: false,
          axisPointer: { type: "line", animation: false },
        },
        dataZoom: [
          {
            type: "inside", xAxisIndex: all, filterMode: "weakFilter", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false,
            preventDefaultMouseMove: false, startValue: view.from, endValue: view.to, minValueSpan: leastSpan(),
          },
          {
            type: "slider", xAxisIndex: all, filterMode: "weakFilter", top: plots[0].top + plots[0].height + 26, height: 18,
            left: side.left, right: side.right, startValue: view.from, endValue: view.to, minValueSpan: leastSpan(),
            showDetail: false, brushSelect: false, borderColor: ink.line, backgroundColor: "transparent",
            fillerColor: dark.matches ? "rgba(200,205,215,.14)" : "rgba(90,100,115,.12)",
            dataBackground: { lineStyle: { color: ink.line }, areaStyle: { color: ink.line, opacity: 0.5 } },
            selectedDataBackground: { lineStyle: { color: ink.grey }, areaStyle: { color: ink.line } },
            handleStyle: { color: ink.paper, borderColor: ink.grey }, moveHandleSize: 0,
          },
        ],
        series: series(showing),
      },
      { notMerge: true },
    );
    drawLabels();
  };

  const leastSpan = () => (data.hours ? 2 * DAY : WEEK);
  const zoom = (from, to) => {
    const least = Math.min(leastSpan(), data.end - data.start);
    const middle = (from + to) / 2;
    const half = Math.max(to - from, least) / 2;
    const start = Math.max(Math.min(middle - half, data.end - 2 * half), data.start);
    chart.dispatchAction({ type: "dataZoom", dataZoomIndex: 0, startValue: start, endValue: Math.min(start + 2 * half, data.end) });
  };
  /** Draw what depends on how much is in view. */
  const refresh = () => {
    if (detail() !== showing || markSize() !== size || showing === "hour") {
      showing = detail();
      box.dataset.candles = showing;
      size = markSize();
      const faded = { id: "price", lineStyle: { opacity: OPACITY[showing] } };
      chart.setOption({ series: [candles(showing), faded, ...marks(), ...laneMarks()] });
    }
    drawLabels();
  };
  chart.on("dataZoom", (event) => {
    const { start, end, startValue, endValue } = event.batch?.[0] ?? event;
    const at = (share) => data.start + (share / 100) * (data.end - data.start);
    view = { from: startValue ?? at(start), to: endValue ?? at(end) };
    refresh();
  });
  chart.on("updateAxisPointer", ({ axesInfo }) => {
    drawProfile(axesInfo?.length ? nearest(axesInfo[0].value) : lastRow());
  });

  const key = document.getElementById("regime-key");
  const fillKey = () => {
    readInk();
    const used = data.regimes.map((name, n) => [name, n]).filter(([, n]) => data.spells.some(([r]) => r === n));
    key.replaceChildren(
      ...used.map(([name, n]) => {
        const item = document.createElement("span");
        item.textContent = name;
        item.style.setProperty("--tint", tint(n));
        return item;
      }),
    );
  };

  // ---- waterfall -----------------------------------------------------------------------------
  const bridge = echarts.init(fall, null, { renderer: "canvas" });
  const steps = (() => {
    let level_ = 0;
    return data.waterfall
      .filter(([name, value]) => name === "start" || name === "end" || Math.abs(value) >= 0.5)
      .map(([name, value]) => {
        const whole = name === "start" || name === "end";
        const from = whole ? 0 : level_;
        level_ = whole ? value : level_ + value;
        return { name, value, from, to: level_, whole };
      });
  })();
  const hue = (name) => {
    if (name === "spot") return ink.spot;
    if (name === "liquidation") return ink.force;
    return ["futures", "basis", "funding"].includes(name) ? ink.futures : ink.grey;
  };
  const drawBridge = () => {
    fall.style.height = `${steps.length * 30 + 46}px`;
    bridge.resize();
    const label = ({ value, whole }) => (whole || value < 0 ? money(value) : `+${money(value)}`);
    const low = Math.min(0, ...steps.map(({ to }) => to));
    bridge.setOption(
      {
        animation: false, backgroundColor: "transparent",
        textStyle: { fontFamily: ink.font },
        grid: { left: 76, right: 84, top: 6, bottom: 30 },
        xAxis: {
          type: "value", min: low, splitNumber: 3, axisLabel: { color: ink.soft, fontSize: 11, hideOverlap: true, formatter: (v) => (Math.abs(v) >= 10000 ? `${(v / 1000).toLocaleString("en-US")}k` : v.toLocaleString("en-US")) },
          splitLine: { lineStyle: { color: ink.line, width: 0.6 } },
        },
        yAxis: {
          type: "category", inverse: true, data: steps.map(({ name }) => name), axisTick: { show: false },
          axisLine: { lineStyle: { color: ink.line } }, axisLabel: { color: ink.ink, fontSize: 12 },
        },
        series: [
          {
            type: "custom", silent: true, data: steps.map(({ from, to }, i) => [from, to, i]), encode: { x: [0, 1], y: 2 },
            renderItem: (params, api) => {
              const step = steps[params.dataIndex];
              const [left, y] = api.coord([Math.min(step.from, step.to), api.value(2)]);
              const [right] = api.coord([Math.max(step.from, step.to), api.value(2)]);
              const end = params.coordSys.x + params.coordSys.width;
              const children = [
                {
                  type: "rect", shape: { x: left, y: y - 9, width: Math.max(right - left, 1.5), height: 18 },
                  style: { fill: step.whole ? ink.soft : hue(step.name) },
                },
                {
                  type: "text",
                  style: { text: label(step), x: end + 6, y, fill: ink.ink, fontSize: 12, fontFamily: ink.font, verticalAlign: "middle" },
                },
              ];
              if (params.dataIndex + 1 < steps.length) {
                const [x] = api.coord([step.to, api.value(2)]);
                const shape = { x1: x, y1: y + 9, x2: x, y2: y + 21 };
                children.push({ type: "line", shape, style: { stroke: ink.grey, lineWidth: 1 } });
              }
              return { type: "group", children };
            },
          },
        ],
      },
      { notMerge: true },
    );
  };

  // ---- keyboard, buttons, table -----------------------------------------------------------------
  let row = rows - 1;
  const day = document.getElementById("day");
  const show = (wanted) => {
    row = Math.max(0, Math.min(rows - 1, wanted));
    const ms = data.ms[row];
    if (ms < view.from || ms > view.to) {
      const half = (view.to - view.from) / 2;
      zoom(ms - half, ms + half);
    }
    chart.dispatchAction({ type: "showTip", seriesIndex: 0, dataIndex: row });
    const why = reasonsOf(row).map(([, text]) => text);
    day.textContent = `${stamp(ms)}: ${[...facts(row), ...why].join("; ")}`;
  };
  const pan = (share) => zoom(view.from + share * (view.to - view.from), view.to + share * (view.to - view.from));
  const KEYS = {
    ArrowLeft: ({ shiftKey }) => (shiftKey ? pan(-0.25) : show(row - 1)),
    ArrowRight: ({ shiftKey }) => (shiftKey ? pan(0.25) : show(row + 1)),
    PageUp: () => show(row - 30), PageDown: () => show(row + 30), Home: () => show(0), End: () => show(rows - 1),
    "+": () => zoom((3 * view.from + view.to) / 4, (view.from + 3 * view.to) / 4),
    "-": () => zoom((3 * view.from - view.to) / 2, (3 * view.to - view.from) / 2),
    0: () => zoom(data.start, data.end),
  };
  KEYS["="] = KEYS.ArrowUp = KEYS["+"];
  KEYS.ArrowDown = KEYS["-"];
  box.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(event);
  });
  chart.getZr().on("click", (event) => {
    const [at] = chart.convertFromPixel({ gridIndex: 0 }, [event.offsetX, event.offsetY]) ?? [];
    if (at != null) row = nearest(at);
  });
  for (const button of document.querySelectorAll("[data-days]")) {
    button.hidden = Number(button.dataset.days) * DAY >= data.end - data.start;
    button.addEventListener("click", () => {
      const days = Number(button.dataset.days);
      if (days === 0) return zoom(data.start, data.end);
      const middle = (view.from + view.to) / 2;
      return zoom(middle - (days * DAY) / 2, middle + (days * DAY) / 2);
    });
  }
  for (const line_ of document.querySelectorAll("tr[data-from]")) {
    line_.addEventListener("click", () => {
      const from = Number(line_.dataset.from);
      const to = Number(line_.dataset.to);
      const air = Math.max((to - from) * 0.25, 10 * DAY);
      zoom(from - air, to + air);
      row = nearest(from);
      box.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "start" });
    });
  }
  const sorted = (cell) => {
    const value = cell.dataset.sort;
    return value !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.querySelector("button").addEventListener("click", () => {
        const isUp = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
        const body = table.tBodies[0];
        const lines = [...body.rows].sort((one, other) => {
          const a = sorted(one.cells[column]);
          const b = sorted(other.cells[column]);
          const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
          return isUp ? order : -order;
        });
        body.append(...lines);
      });
    });
  }

  const stairs = document.getElementById("ladder");
  let climbed = null;
  const redraw = () => {
    fillKey();
    draw();
    drawBridge();
    climbed?.dispose();
    climbed = stairs ? drawLadder(stairs, data.ladder, data.quote, ink) : null;
  };
  /** What is packed is drawn when it is there; a page that cannot unpack it says so and goes on. */
  const unpack = async () => {
    try {
      if (data.hours) hours = await unpackedHours(data.hours);
      if (data.profiles) profiles = await unpackedProfiles(data.profiles);
      box.dataset.hours = hours?.rows ?? 0;
      box.dataset.profiles = profiles.size;
      refresh();
    } catch {
      document.getElementById("packed-note").textContent =
        "This browser cannot unpack the hourly candles and volume profiles; everything else is complete.";
    }
  };
  redraw();
  box.dataset.drawn = Math.round(performance.now());
  setTimeout(unpack);
  window.addEventListener("hashchange", () => zoom(asked().from, asked().to));
  dark.addEventListener("change", redraw);
  let width = box.clientWidth;
  new ResizeObserver(() => {
    if (box.clientWidth === width) return;
    width = box.clientWidth;
    requestAnimationFrame(redraw);
  }).observe(box);
})();
