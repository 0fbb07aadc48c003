/* The picture of a portfolio: equity of the sum, of holding and of each asset; drawdown; net exposure. */
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("figures").textContent);
  const { charts, ink, isNarrow, text, axis, tip, draw, keepDrawn } = pictures;
  const date = (ms) => new Date(ms).toISOString().slice(0, 10);
  const money = (value) => Math.round(value).toLocaleString("en-US");
  const percent = (value) => `${(value * 100).toFixed(1)} %`;
  const short = (value) => value.toLocaleString("en-US", { notation: "compact", maximumFractionDigits: 1 });
  const dashes = ["dashed", [12, 4], [8, 3, 2, 3], "dotted", [2, 6]];

  const LABEL = 13; // pixels between the names of lines that end near each other
  const values = [data.equity, data.hold, ...data.assets.map((asset) => asset.values)].flat();
  const least = Math.min(...values);
  const most = Math.max(...values);
  const isLog = least > 0 && most > 10 * least; // else small accounts would be flat lines

  const PANELS = [
    { name: `equity, ${data.quote}${isLog ? ", logarithmic" : ""}`, height: 50, written: short },
    { name: "below its highest", height: 17, written: (v) => `${Math.round(v * 100)} %` },
    { name: "net exposure, of equity", height: 17, written: (v) => `${Math.round(v * 100)} %` },
  ];
  const isEquityLog = (panel) => panel === 0 && isLog;
  const bounds = (panel) => (isEquityLog(panel) ? { min: least * 0.9, max: most * 1.1 } : { max: panel === 1 ? 0 : undefined });
  const ends = (panel) => (isEquityLog(panel) ? { showMinLabel: false, showMaxLabel: false } : {});
  const line = (name, panel, values, style, more) => ({
    name, type: "line", showSymbol: false, connectNulls: false, xAxisIndex: panel, yAxisIndex: panel,
    color: style.color, lineStyle: style, data: data.ms.map((ms, i) => [ms, values[i]]),
    emphasis: { disabled: true }, ...more,
  });
  const series = () => [
    ...data.assets.map((asset, i) => line(asset.name, 0, asset.values, { color: ink.soft, width: 1.2, type: dashes[i % dashes.length] })),
    line("holding", 0, data.hold, { color: ink.grey, width: 1.2 }),
    line(data.name, 0, data.equity, { color: ink.spot, width: 2 }),
    line("holding", 1, data.holding, { color: ink.grey, width: 1.2 }),
    line(data.name, 1, data.drawdown, { color: ink.spot, width: 1.5 }),
    line("net", 2, data.delta, { color: ink.ink, width: 1.2 }, {
      markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: ink.soft, type: "solid", width: 1 }, data: [{ yAxis: 0 }] },
    }),
  ];
  const told = (items) => {
    const unique = new Map(items.map((item) => [item.seriesIndex, item]));
    const lines = [...unique.values()].filter((item) => item.value[1] != null).reverse().map((item) => {
      const panel = item.axisIndex;
      const value = panel === 0 ? money(item.value[1]) : percent(item.value[1]);
      return `${item.seriesName}${["", " drawdown", " exposure"][panel]} ${value}`;
    });
    return [date(items[0].value[0]), ...lines].join("<br>");
  };
  /** Write the name of each line where it leaves the view, below each other where they would overlap. */
  const nameLines = (chart, lines, right) => {
    const { dataZoom: [zoom] } = chart.getOption();
    const last = data.ms.findLastIndex((ms) => ms <= Math.round(zoom.endValue));
    const names = PANELS.flatMap((panel, i) => {
      const ends = lines
        .filter((one) => one.xAxisIndex === i && one.data[last][1] != null)
        .map((one) => ({ text: one.name, fill: one.color, y: chart.convertToPixel({ yAxisIndex: i }, one.data[last][1]) }))
        .sort((a, b) => a.y - b.y);
      for (let n = 1; n < ends.length; n += 1) ends[n].y = Math.max(ends[n].y, ends[n - 1].y + LABEL);
      return ends;
    });
    const shown = names.map((one, n) => ({
      id: `name${n}`, type: "text", silent: true, x: chart.getWidth() - right + 6, y: one.y,
      style: { text: one.text, fill: one.fill, font: `11px ${ink.font}`, verticalAlign: "middle" },
    }));
    chart.setOption({ graphic: shown }, { replaceMerge: ["graphic"] });
  };
  const drawCurves = () => {
    const right = isNarrow() ? 62 : 96;
    const lines = series();
    let top = 5;
    const tops = PANELS.map((panel) => {
      const here = top;
      top += panel.height + 5;
      return here;
    });
    draw(document.getElementById("curves"), {
      grid: PANELS.map((panel, i) => ({ left: 48, right, top: `${tops[i] * 0.94}%`, height: `${panel.height * 0.94}%` })),
      title: PANELS.map((panel, i) => ({ text: panel.name, left: 0, top: `${(tops[i] - 4) * 0.94}%`, textStyle: { ...text(), fontSize: 12, fontWeight: 600, color: ink.ink } })),
      xAxis: PANELS.map((panel, i) => axis({ type: "time", gridIndex: i, min: data.ms[0], max: data.ms.at(-1), splitLine: { show: false }, splitNumber: isNarrow() ? 3 : 6, axisLabel: { ...text(), show: i === PANELS.length - 1, hideOverlap: true } })),
      yAxis: PANELS.map((panel, i) => axis({ type: isEquityLog(i) ? "log" : "value", gridIndex: i, scale: i === 0, ...bounds(i), splitNumber: i === 0 ? 5 : 3, axisLabel: { ...text(), formatter: panel.written, ...ends(i) } })),
      axisPointer: { link: [{ xAxisIndex: "all" }], label: { show: false } },
      tooltip: { ...tip(), trigger: "axis", formatter: told },
      dataZoom: [
        { type: "inside", xAxisIndex: [0, 1, 2], zoomOnMouseWheel: "ctrl", filterMode: "none" },
        { type: "slider", xAxisIndex: [0, 1, 2], height: 18, bottom: 4, left: 48, right, filterMode: "none", showDetail: false, brushSelect: false, borderColor: ink.line, backgroundColor: "transparent", fillerColor: "rgba(128,128,128,0.14)", handleStyle: { color: ink.paper, borderColor: ink.grey }, moveHandleSize: 0, dataBackground: { lineStyle: { color: ink.line }, areaStyle: { opacity: 0 } }, selectedDataBackground: { lineStyle: { color: ink.grey }, areaStyle: { opacity: 0 } } },
      ],
      series: lines,
    });
    const chart = charts.at(-1);
    nameLines(chart, lines, right);
    chart.on("datazoom", () => nameLines(chart, lines, right));
  };
  keepDrawn(drawCurves);
})();
