// What the page itself knows of a prompt's text and of the area it is typed into.
// The same two rules as _TIME and _UNWRITABLE in prompt_parts.py.
const TIME = /^\p{Nd}+(\.\p{Nd}+)?$/u;
const UNWRITABLE = /[\]\n]/;

const joined = (segments) => segments.map((segment) => segment.raw).join("");
const unix = (text) => text.replace(/\r\n?/g, "\n"); // what a textarea makes of line ends

// The text after an edit in a textarea, which only knows "\n": untouched line ends stay as they are.
function spliced(text, before, after) {
  if (text === before) return after;
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const ends = [0]; // ends[k]: where the first k shown characters end in the text
  for (let at = 0; at < text.length; ) {
    at += text[at] === "\r" && text[at + 1] === "\n" ? 2 : 1;
    ends.push(at);
  }
  return text.slice(0, ends[head]) + after.slice(head, after.length - tail) + text.slice(ends[before.length - tail]);
}

function written(row) {
  const end = row.end === "" ? "" : `-${row.end}s`;
  return `[${row.start}s${end}${row.gap}${row.text}]`;
}

function canBeWritten(row) {
  if (!TIME.test(row.start) || (row.end !== "" && !TIME.test(row.end))) return false;
  return !UNWRITABLE.test(row.text) && (row.raw !== "" || row.text.trim() !== "");
}

// A textarea as tall as its text.
function grow(area) {
  if (!area.clientWidth) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
}
