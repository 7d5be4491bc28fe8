// Marks the words of a text that another version of it hasn't got.
const MOST = 1200; // words; beyond that, comparing would take too long

// Returns the parts of `text` as nodes: `<mark>` around words that aren't in `other` at their place.
export function marked(text, other) {
  const words = split(text);
  const others = split(other);
  if (words.length > MOST || others.length > MOST) return [document.createTextNode(text)];
  const common = commonWords(words, others);
  const nodes = [];
  words.forEach((word, index) => {
    const isNew = !common.has(index) && word.trim() !== "";
    const last = nodes.at(-1);
    if (last && (last.nodeName === "MARK") === isNew) last.textContent += word;
    else nodes.push(node(word, isNew));
  });
  return nodes;
}

function node(word, isNew) {
  if (!isNew) return document.createTextNode(word);
  const mark = document.createElement("mark");
  mark.textContent = word;
  return mark;
}

const split = (text) => text.match(/\s+|[^\s]+/g) ?? [];

// Returns the positions in `words` of a longest common subsequence with `others`.
function commonWords(words, others) {
  const lengths = Array.from({ length: words.length + 1 }, () => new Uint16Array(others.length + 1));
  for (let i = words.length - 1; i >= 0; i -= 1) {
    for (let j = others.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = words[i] === others[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const common = new Set();
  for (let i = 0, j = 0; i < words.length && j < others.length; ) {
    if (words[i] === others[j]) {
      common.add(i);
      i += 1;
      j += 1;
    } else if (lengths[i + 1][j] >= lengths[i][j + 1]) i += 1;
    else j += 1;
  }
  return common;
}
