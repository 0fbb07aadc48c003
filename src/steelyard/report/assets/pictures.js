/* What the review and the stress test draw with: the page's colours, axes, tips, and drawing anew. */
"use strict";
const pictures = (() => {
  const charts = [];
  const ink = {}; // colours and font by name, filled before each drawing
  const readInk = () => {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["paper", "ink", "soft", "line", "grey", "spot", "futures", "force", "level"]) {
      ink[name] = style.getPropertyValue(`--${name}`).trim();
    }
    ink.font = getComputedStyle(document.body).fontFamily;
  };
  const isNarrow = () => window.innerWidth < 640;
  const text = () => ({ fontFamily: ink.font, color: ink.soft, fontSize: 11 });
  const axis = (more) => ({
    axisLine: { lineStyle: { color: ink.line } }, axisTick: { show: false }, axisLabel: text(),
    splitLine: { lineStyle: { color: ink.line, opacity: 0.5 } }, ...more,
  });
  const tip = () => ({
    backgroundColor: ink.paper, borderColor: ink.line, textStyle: { color: ink.ink, fontFamily: ink.font, fontSize: 12 },
  });
  /** Draw one chart into a box; a page without the box does without the chart. */
  const draw = (box, option) => {
    if (!box) return;
    const chart = echarts.init(box, null, { renderer: "svg" });
    charts.push(chart);
    chart.setOption({ animation: false, textStyle: { fontFamily: ink.font }, ...option });
  };
  /** Call drawAll now, and anew whenever the page's colours or width change. */
  const keepDrawn = (drawAll) => {
    const anew = () => {
      charts.splice(0).forEach((chart) => chart.dispose());
      readInk();
      drawAll();
    };
    anew();
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", anew);
    let waiting = 0;
    window.addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(anew, 150);
    });
  };
  return { charts, ink, isNarrow, text, axis, tip, draw, keepDrawn };
})();
