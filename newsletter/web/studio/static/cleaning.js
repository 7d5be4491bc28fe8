// Cleans pasted text by rule, and counts what it changed. Pure: text in, text out.

const TRACKING = /^(utm_\w+|mtm_\w+|pk_\w+|hsa_\w+|mc_[ce]id|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|igsh|mkt_tok|vero_id|_hsenc|_hsmi|oly_\w+_id|ref_src|cmpid|at_\w+)$/i;
const WRAPPERS = [
  [/^(www\.)?google\.[a-z.]+$/, "/url", ["q", "url"]],
  [/^l\.facebook\.com$/, "/l.php", ["u"]],
  [/^[a-z0-9]+\.safelinks\.protection\.outlook\.com$/, "/", ["url"]],
];
const LIGATURES = { "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st" };

// Each rule: what is said about it for one and for several, the characters, and their replacement.
const RULES = [
  ["line separator", "line separators", /[\u2028\u2029\u000b\u000c]/g, () => "\n"],
  ["control character", "control characters", /[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/g, () => ""],
  ["soft hyphen", "soft hyphens", /\u00ad/g, () => ""],
  ["invisible character", "invisible characters", /[\u200b\u2060-\u2064\ufeff\u202a-\u202e]/g, () => ""],
  // Joiners mean something in Persian, in Indian scripts and in emoji, but not beside a Latin letter or a space.
  ["invisible character", "invisible characters", /(?<=^|[\s\p{Script=Latin}])[\u200c\u200d]|[\u200c\u200d](?=$|[\s\p{Script=Latin}])/gu, () => ""],
  // French sets no-break spaces inside « » and before high punctuation: they stay.
  ["no-break space", "no-break spaces", /(?<!«)[\u00a0\u202f\u2007](?![;:!?»%])/g, () => " "],
  ["typewriter ligature", "typewriter ligatures", /[\ufb00-\ufb06]/g, (found) => LIGATURES[found]],
];
const CURLY = [
  ["curly quotation mark", "curly quotation marks", /[“”‟]/g, () => '"'],
  ["curly apostrophe or single quotation mark", "curly apostrophes and single quotation marks", /[‘’‛]/g, () => "'"],
];
const OTHER_MARKS = /[„«‚‹]/; // there “ closes, or the marks belong together: nothing is straightened

export class Tally {
  #counts = new Map();

  add(singular, plural, times = 1) {
    if (times) this.#counts.set(singular, [plural, times + (this.#counts.get(singular)?.[1] ?? 0)]);
  }

  // Returns what was cleaned, in words: ["2 soft hyphens", "1 no-break space"].
  words() {
    return [...this.#counts].map(([singular, [plural, times]]) => `${times} ${times === 1 ? singular : plural}`);
  }
}

// Returns the text cleaned. `quotes` is "keep" or "straight": how the newsletter writes quotation marks.
export function cleanText(text, { quotes = "keep", tally = new Tally() } = {}) {
  let clean = text.normalize("NFC").replace(/\r\n?/g, "\n");
  const straighten = quotes === "straight" && !OTHER_MARKS.test(clean);
  for (const [singular, plural, pattern, replace] of straighten ? [...RULES, ...CURLY] : RULES) {
    clean = clean.replace(pattern, (found) => {
      tally.add(singular, plural);
      return replace(found);
    });
  }
  return clean.replace(/https?:\/\/[^\s<>"')\]]+/g, (url) => cleanUrl(url, tally));
}

// Returns an address without tracking parameters, and without the redirect that wraps it.
export function cleanUrl(address, tally = new Tally()) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return address;
  }
  const inner = unwrapped(url);
  if (inner) {
    tally.add("redirect in a link", "redirects in links");
    return cleanUrl(inner, tally);
  }
  const tracking = [...url.searchParams.keys()].filter((name) => TRACKING.test(name));
  if (!tracking.length) return address;
  tracking.forEach((name) => url.searchParams.delete(name));
  tally.add("link with tracking", "links with tracking");
  return url.href;
}

function unwrapped(url) {
  const [, , names] = WRAPPERS.find(([host, path]) => host.test(url.hostname) && url.pathname === path) ?? [];
  const inner = names?.map((name) => url.searchParams.get(name)).find((value) => /^https?:\/\//.test(value ?? ""));
  return inner ?? "";
}
