/* The ladder: targets against tomorrow's close. Used by the report and by the review. */
"use strict";
/**
 * Draw a ladder into a box and return its chart.
 * rungs: last, closes, spot, futures, regimes, jumps; ink: colours and font by name.
 */
const drawLadder = (box, rungs, quote, ink) => {
  const price = (value) => value.toLocaleString("en-US", { maximumSignificantDigits: 5 });
  const percent = (value) => `${(value * 100).toFixed(1)} %`;
  const text = { fontFamily: ink.font, color: ink.soft, fontSize: 11 };
  const axis = {
    type: "value", axisLine: { lineStyle: { color: ink.line } }, axisTick: { show: false },
    splitLine: { lineStyle: { color: ink.line, opacity: 0.5 } },
  };
  const net = rungs.spot.map((spot, i) => spot + rungs.futures[i]);
  const line = (name, values, colour, width) => ({
    name, type: "line", showSymbol: false, color: colour, lineStyle: { color: colour, width },
    data: rungs.closes.map((close, i) => [close, values[i]]),
    endLabel: { show: true, formatter: name, color: colour, fontFamily: ink.font, fontSize: 11 },
    labelLayout: { moveOverlap: "shiftY" },
  });
  const spot = line("spot", rungs.spot, ink.spot, 1.6);
  spot.markLine = {
    silent: true, symbol: "none", lineStyle: { color: ink.grey, type: "dashed", width: 1 },
    label: { fontSize: 10, color: ink.soft, fontFamily: ink.font, rotate: 0 },
    data: [
      { xAxis: rungs.last, lineStyle: { type: "solid" }, label: { formatter: `last ${price(rungs.last)}` } },
      ...rungs.jumps.map((close) => ({ xAxis: close, label: { formatter: price(close), position: "insideEndTop" } })),
    ],
  };
  const chart = echarts.init(box, null, { renderer: "svg" });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: ink.font },
    grid: { left: 56, right: 64, top: 24, bottom: 40 },
    xAxis: {
      ...axis, scale: true, min: rungs.closes[0], max: rungs.closes.at(-1), splitLine: { show: false },
      name: `close, ${quote}`, nameLocation: "middle", nameGap: 26, nameTextStyle: text,
      axisLabel: { ...text, formatter: price, hideOverlap: true },
    },
    yAxis: { ...axis, axisLabel: { ...text, formatter: (value) => `${Math.round(value * 100)} %` } },
    tooltip: {
      trigger: "axis", backgroundColor: ink.paper, borderColor: ink.line,
      textStyle: { color: ink.ink, fontFamily: ink.font, fontSize: 12 },
      formatter: (items) => {
        const i = items[0].dataIndex;
        const move = rungs.closes[i] / rungs.last - 1;
        return `close ${price(rungs.closes[i])} (${move > 0 ? "+" : ""}${percent(move)})<br>spot ${percent(rungs.spot[i])}, futures ${percent(rungs.futures[i])}<br>net ${percent(net[i])}, regime ${rungs.regimes[i]}`;
      },
    },
    series: [spot, line("futures", rungs.futures, ink.futures, 1.6), line("net", net, ink.ink, 2.2)],
  });
  return chart;
};
