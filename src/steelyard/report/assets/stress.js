/* The pictures of a stress test: the lowest equity of each run, and equity around each shock. */
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("figures").textContent);
  const { ink, isNarrow, text, axis, tip, draw, keepDrawn } = pictures;
  const percent = (value) => `${value > 0 ? "+" : ""}${(value * 100).toFixed(1)} %`;
  const hour = (ms) => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

  // ---- the lowest equity of each run --------------------------------------------------------
  const drawWorst = () => {
    const box = document.getElementById("worst");
    box.style.height = `${data.runs.length * 24 + 56}px`;
    const names = data.runs.map((run) => run.title);
    const dots = (name, values, symbol, size, style, labels) => ({
      name, type: "scatter", symbol, symbolSize: size, itemStyle: style,
      data: values.map((value, i) => ({
        value: [value, i],
        label: { show: labels && i === 0, formatter: name, position: "top", color: style.borderColor ?? style.color, fontFamily: ink.font, fontSize: 11 },
        itemStyle: name === data.policy && data.runs[i].call === "forced" ? { color: ink.force } : undefined,
      })).filter((one) => one.value[0] != null),
    });
    draw(box, {
      grid: { left: isNarrow() ? 92 : 110, right: 24, top: 24, bottom: 28 },
      xAxis: axis({ type: "value", max: (range) => Math.max(0, range.max), axisLabel: { ...text(), formatter: (v) => `${Math.round(v * 100)} %`, hideOverlap: true } }),
      yAxis: axis({ type: "category", data: names, inverse: true, axisLabel: { ...text(), color: ink.ink, interval: 0 }, splitLine: { show: true, lineStyle: { color: ink.line, opacity: 0.5 } } }),
      tooltip: {
        ...tip(), trigger: "axis", axisPointer: { type: "line", axis: "y" },
        formatter: (items) => {
          const run = data.runs[items[0].value[1]];
          const spared = run.noShock == null ? "" : `<br>without the shock ${percent(run.noShock)}`;
          const margin = { "-": "no margin call", yes: "margin was called", forced: "liquidated" }[run.call];
          return `${run.title}<br>${data.policy} ${percent(run.worst)}${spared}<br>holding ${percent(run.hold)}<br>${margin}`;
        },
      },
      series: [
        {
          type: "custom", silent: true, z: 1, data: data.runs.map((run, i) => [run.worst, run.hold, i]),
          renderItem: (params, api) => {
            const [x0, y] = api.coord([api.value(0), api.value(2)]);
            const [x1] = api.coord([api.value(1), api.value(2)]);
            return { type: "line", shape: { x1: x0, x2: x1, y1: y, y2: y }, style: { stroke: ink.line, lineWidth: 2 } };
          },
          encode: { x: [0, 1], y: 2 },
        },
        dots("no shock", data.runs.map((run) => run.noShock), "circle", 9, { color: ink.paper, borderColor: ink.spot, borderWidth: 1.5 }, false),
        dots("holding", data.runs.map((run) => run.hold), "diamond", 10, { color: ink.grey }, true),
        dots(data.policy, data.runs.map((run) => run.worst), "circle", 9, { color: ink.spot }, true),
      ],
    });
  };

  // ---- equity around each shock -------------------------------------------------------------
  const drawRuns = () => {
    const boxes = document.querySelectorAll(".run");
    data.runs.forEach((run, n) => {
      const all = [...run.held, ...run.unshocked, ...run.equity];
      const apart = Math.abs((run.unshocked.at(-1) ?? 0) - run.equity.at(-1));
      const isApart = apart > 0.1 * (Math.max(...all) - Math.min(...all)); // else its label would cover another
      const line = (name, values, colour, width, type) => ({
        name, type: "line", showSymbol: false, color: colour, lineStyle: { color: colour, width, type },
        data: run.ms.map((ms, i) => [ms, values[i]]),
        endLabel: { show: name === data.policy || (name === "no shock" ? isApart : n === 0), formatter: name, color: colour, fontFamily: ink.font, fontSize: 10 },
        labelLayout: { moveOverlap: "shiftY" },
      });
      const series = [line("holding", run.held, ink.grey, 1, "solid")];
      if (run.unshocked.length) series.push(line("no shock", run.unshocked, ink.spot, 1, "dashed"));
      series.push(line(data.policy, run.equity, ink.spot, 1.8, "solid"));
      if (run.since != null) {
        series.at(-1).markLine = {
          silent: true, symbol: "none", label: { show: false }, lineStyle: { color: ink.ink, type: "dotted", width: 1 },
          data: [{ xAxis: run.since }],
        };
      }
      draw(boxes[n], {
        grid: { left: 46, right: Math.min(Math.max(62, data.policy.length * 6 + 14), 120), top: 8, bottom: 20 },
        xAxis: axis({ type: "time", min: run.ms[0], max: run.ms.at(-1), splitLine: { show: false }, splitNumber: 3, axisLabel: { ...text(), fontSize: 10, hideOverlap: true, showMinLabel: false, showMaxLabel: false } }),
        yAxis: axis({ type: "value", scale: true, splitNumber: 3, axisLabel: { ...text(), fontSize: 10, formatter: (v) => `${Math.round(v * 100)} %` } }),
        tooltip: {
          ...tip(), trigger: "axis",
          formatter: (items) => [hour(items[0].value[0]), ...items.map((item) => `${item.seriesName} ${percent(item.value[1])}`)].join("<br>"),
        },
        series,
      });
    });
  };

  keepDrawn(() => {
    drawWorst();
    drawRuns();
  });
})();
