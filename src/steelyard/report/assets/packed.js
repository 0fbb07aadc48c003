/* Whole numbers that Python packed (report/packing.py), unpacked by the browser itself. */
"use strict";

/** Return the numbers of a text: base64, deflate, seven bits a byte from the lowest, zigzag. */
const unpacked = async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const plain = new Uint8Array(await new Response(stream).arrayBuffer());
  const numbers = new Int32Array(plain.reduce((count, byte) => count + (byte < 128), 0));
  let at = 0;
  let value = 0;
  let shift = 0;
  for (const byte of plain) {
    value |= (byte & 127) << shift;
    shift += 7;
    if (byte < 128) {
      numbers[at++] = (value >>> 1) ^ -(value & 1);
      value = 0;
      shift = 0;
    }
  }
  return numbers;
};

/** Return the hourly bars of a run: prices in ticks, and which bars are missing. */
const unpackedHours = async ({ from, step, rows, tick, missing, packed }) => {
  const columns = await unpacked(packed);
  const open = new Float64Array(rows);
  const close = new Float64Array(rows);
  const low = new Float64Array(rows);
  const high = new Float64Array(rows);
  let last = 0;
  for (let i = 0; i < rows; i++) {
    open[i] = last + columns[i];
    close[i] = open[i] + columns[rows + i];
    high[i] = Math.max(open[i], close[i]) + columns[2 * rows + i];
    low[i] = Math.min(open[i], close[i]) - columns[3 * rows + i];
    last = close[i];
  }
  const gone = new Uint8Array(rows);
  for (const [first, count] of missing) gone.fill(1, first, first + count);
  return { from, step, rows, tick, gone, open, close, low, high };
};

/** Return the volume profiles by the row of the daily stamps that they belong to. */
const unpackedProfiles = async ({ days, bins, rows, tick, packed }) => {
  const numbers = await unpacked(packed);
  const count = rows.length;
  const profiles = new Map();
  let low = 0;
  let high = 0;
  rows.forEach((row, i) => {
    low += numbers[i];
    high += numbers[count + i];
    const start = 5 * count + i * bins;
    profiles.set(row, {
      days, low: low * tick, high: high * tick,
      first: numbers[2 * count + i], last: numbers[3 * count + i], fullest: numbers[4 * count + i],
      volume: numbers.subarray(start, start + bins),
    });
  });
  return profiles;
};
