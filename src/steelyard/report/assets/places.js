/* Where words find room in a picture. */
"use strict";

/** Height that a line of small words takes above what it belongs to, pixels. */
const WORDS_HIGH = 15;

/** Return the first x from which words above y meet nothing that is taken; null where there is none.
 *  taken: boxes [left, right, top, bottom]; the words are long pixels wide, and end before to. */
const freePlace = (taken, from, to, long, y) => {
  let x = from;
  while (x + long <= to) {
    const met = taken.filter(
      ([left, right, top, bottom]) => left < x + long && right > x && top < y && bottom > y - WORDS_HIGH,
    );
    if (met.length === 0) return x;
    x = Math.max(...met.map(([, right]) => right));
  }
  return null;
};
