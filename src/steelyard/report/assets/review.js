/* The pictures of a review: candles with levels and the volume profile, and the gauges; ladder.js draws the ladder. */
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("figures").textContent);
  const { charts, ink, isNarrow, text, axis, tip, draw, keepDrawn } = pictures;
  const price = (value) => value.toLocaleString("en-US", { maximumSignificantDigits: 5 });
  const percent = (value) => `${(value * 100).toFixed(1)} %`;
  const date = (ms) => new Date(ms - 1).toISOString().slice(0, 10); // a day ends at its stamp

  // ---- price, levels, profile ---------------------------------------------------------------
  const bounds = () => {
    const known = data.candles.filter(Boolean);
    const lows = known.map((c) => c[2]).concat(data.profile ? [data.profile.edges[0]] : []);
    const highs = known.map((c) => c[3]).concat(data.profile ? [data.profile.edges.at(-1)] : []);
    const low = Math.min(...lows);
    const high = Math.max(...highs);
    const room = (high - low) * 0.06;
    return [low - room, high + room];
  };
  const levelLines = (low, high) => ({
    silent: true, symbol: "none", lineStyle: { color: ink.level, type: "dashed", width: 1 },
    label: { position: "insideStartTop", fontSize: 10, color: ink.level, fontFamily: ink.font, backgroundColor: ink.paper, padding: [1, 3] },
    data: data.levels
      .filter(([level]) => level > low && level < high)
      .map(([level, touches, age]) => ({
        yAxis: level, label: { formatter: `${price(level)}, ${touches} touches, ${age} weeks` },
      })),
  });
  const marks = () => {
    const row = new Map(data.ms.map((ms, i) => [Math.ceil(ms / 86400000), i]));
    return data.fired
      .map(([name, ms]) => [name, row.get(Math.ceil(ms / 86400000))])
      .filter(([, i]) => i != null && data.candles[i])
      .map(([name, i]) => ({ value: [i, data.candles[i][3]], name }));
  };
  const profileBars = () => ({
    type: "custom", xAxisIndex: 1, yAxisIndex: 1, silent: true,
    data: data.profile.share.map((share, i) => [0, data.profile.edges[i], share, data.profile.edges[i + 1]]),
    renderItem: (params, api) => {
      const [x0, y1] = api.coord([0, api.value(1)]);
      const [x1, y0] = api.coord([api.value(2), api.value(3)]);
      const middle = (api.value(1) + api.value(3)) / 2;
      const inside = middle >= data.profile.val && middle <= data.profile.vah;
      return {
        type: "rect", shape: { x: x0, y: y0 + 0.5, width: Math.max(0, x1 - x0), height: Math.max(0.5, y1 - y0 - 1) },
        style: { fill: inside ? ink.grey : ink.line },
      };
    },
    markLine: {
      silent: true, symbol: "none", lineStyle: { color: ink.ink, width: 1.2 },
      label: { position: "insideEndTop", formatter: "most volume", fontSize: 10, color: ink.soft, fontFamily: ink.font },
      data: [{ yAxis: data.profile.poc }],
    },
  });
  const drawPrice = () => {
    const [low, high] = bounds();
    const y = { scale: true, min: low, max: high };
    const grid = { left: 56, top: 12, bottom: 28, right: data.profile ? (isNarrow() ? "26%" : "19%") : 12 };
    const option = {
      grid: [grid],
      xAxis: [axis({ type: "category", data: data.ms.map(date), splitLine: { show: false } })],
      yAxis: [axis({ type: "value", ...y, axisLabel: { ...text(), formatter: price, showMinLabel: false, showMaxLabel: false } })],
      tooltip: {
        ...tip(), trigger: "axis", axisPointer: { type: "cross", label: { show: false } },
        formatter: (items) => {
          const i = items[0].dataIndex;
          const candle = data.candles[i];
          if (!candle) return `${date(data.ms[i])}: no bar`;
          const fired = data.fired.filter(([, ms]) => date(ms) === date(data.ms[i])).map(([name]) => name);
          return `${date(data.ms[i])}<br>open ${price(candle[0])}, high ${price(candle[3])}<br>low ${price(candle[2])}, close ${price(candle[1])}${fired.length ? `<br>fired: ${fired.join(", ")}` : ""}`;
        },
      },
      series: [
        {
          type: "candlestick", data: data.candles.map((c) => c ?? "-"), barMaxWidth: 8,
          itemStyle: { color: ink.paper, borderColor: ink.ink, color0: ink.ink, borderColor0: ink.ink },
          markLine: levelLines(low, high),
        },
        {
          type: "scatter", data: marks(), symbol: "triangle", symbolSize: 8, symbolOffset: [0, -9],
          itemStyle: { color: ink.futures }, label: { show: !isNarrow(), position: "top", formatter: "{b}", fontSize: 9, color: ink.soft, fontFamily: ink.font },
          labelLayout: { hideOverlap: true }, tooltip: { show: false },
        },
      ],
    };
    if (data.profile) {
      option.grid.push({ right: 12, top: 12, bottom: 28, width: isNarrow() ? "22%" : "17%" });
      option.xAxis.push({ type: "value", gridIndex: 1, min: 0, max: 1, show: false });
      option.yAxis.push({ type: "value", gridIndex: 1, min: low, max: high, show: false });
      option.series.push(profileBars());
    }
    draw(document.getElementById("price"), option);
  };

  // ---- gauges -------------------------------------------------------------------------------
  const drawGauges = () => {
    const boxes = document.querySelectorAll(".gauge");
    data.gauges.forEach((gauge, n) => {
      const last = gauge.values.findLastIndex((value) => value != null);
      draw(boxes[n], {
        grid: { left: 46, right: 10, top: 6, bottom: 20 },
        xAxis: axis({ type: "time", min: gauge.ms[0], max: gauge.ms.at(-1), splitLine: { show: false }, splitNumber: 3, axisLabel: { ...text(), fontSize: 10, hideOverlap: true } }),
        yAxis: axis({ type: "value", scale: true, splitNumber: 2, axisLabel: { ...text(), fontSize: 10, formatter: (v) => v.toLocaleString("en-US", { maximumSignificantDigits: 3, notation: Math.abs(v) >= 1e6 ? "compact" : "standard" }) } }),
        tooltip: { ...tip(), trigger: "axis", formatter: ([item]) => `${date(item.value[0])}: ${item.value[1] == null ? "unknown" : `${item.value[1].toLocaleString("en-US", { maximumSignificantDigits: 4 })} ${gauge.unit}`}` },
        series: [{
          type: "line", showSymbol: false, color: ink.grey, lineStyle: { width: 1.2 }, connectNulls: false,
          data: gauge.ms.map((ms, i) => [ms, gauge.values[i]]),
          markPoint: last < 0 ? undefined : { silent: true, symbol: "circle", symbolSize: 7, label: { show: false }, itemStyle: { color: ink.spot }, data: [{ coord: [gauge.ms[last], gauge.values[last]] }] },
        }],
      });
    });
  };

  keepDrawn(() => {
    drawPrice();
    const ladder = document.getElementById("ladder");
    if (ladder && data.ladder) charts.push(drawLadder(ladder, data.ladder, data.quote, ink));
    drawGauges();
  });
})();
