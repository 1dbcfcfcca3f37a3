/**
 * URLs that run script: schemes as browsers read them (WHATWG URL §4.4: C0 controls and spaces are cut off at the
 * ends, tabs and line ends dropped everywhere; here all controls are, as lists of probes try them all), and `data:` URLs whose type is rendered with script (RFC 2397).
 */
import { NO_EFFECT } from '../script/effect.ts';
import { scriptEffect } from '../script/script-effect.ts';
import { lowerCode } from './character.ts';

/** Where a URL stands: in an attribute that navigates or loads, in one that only shows an image, or alone as a value. */
export type UrlPlace = 'attribute' | 'image' | 'value';

const SCRIPT_SCHEMES = ['javascript', 'vbscript', 'livescript', 'mocha'] as const;
const SCHEME_CHARS_MAX = 12;
/** Media types that run script when they are shown as a document. */
const ACTIVE_TYPE =
  /^\s{0,16}(?:text\/(?:html|xml|xsl)|application\/(?:xhtml\+xml|xml|rss\+xml)|multipart\/x-mixed-replace)(?:[;,\s]|$)/i;
const SCRIPT_TYPE = /^\s{0,16}(?:text|application)\/(?:x-)?(?:java|ecma|j)script(?:[;,\s]|$)/i;
const SVG_TYPE = /^\s{0,16}image\/svg\+xml(?:[;,\s]|$)/i;
/** `javascript:` URLs that stand for "no target" in ordinary pages. */
const NO_TARGET =
  /^\s{0,8}(?:void(?:\s{0,4}\(\s{0,4}["']?0?["']?\s{0,4}\)|\s{1,4}0)|undefined|false|\/\/)?\s{0,8};?\s{0,8}$/;

/** Schemes of former browsers that wrapped another URL, and of others that probes hope do. */
const WRAPPERS = ['view-source', 'feed', 'jar', 'pcast', 'about'] as const;

/** Whether the URL in `text` from `from` to `end` runs script where it stands. Linear. */
export function isScriptUrl(text: string, from: number, end: number, place: UrlPlace): boolean {
  for (let at = from; ; ) {
    while (at < end && precedesUrl(text.charCodeAt(at))) at++;
    let scheme = '';
    for (; at < end && scheme.length < SCHEME_CHARS_MAX; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x3a) break;
      const dropped = code < 0x20 || code === 0x7f || (code === 0x20 && place !== 'value');
      if (!dropped) scheme += String.fromCharCode(lowerCode(code));
    }
    if (at >= end || text.charCodeAt(at) !== 0x3a) return false;
    at++;
    if (scheme === 'data') return isActiveData(text.slice(at, end), place);
    if ((SCRIPT_SCHEMES as readonly string[]).includes(scheme)) return runs(scheme, text, at, end, place);
    if (!(WRAPPERS as readonly string[]).includes(scheme)) return false;
  }
}

/** Controls and spaces; backticks, which former browsers took for quotes; white space of other scripts. */
function precedesUrl(code: number): boolean {
  return code <= 0x20 || code === 0x60 || code >= 0x7f;
}

function runs(scheme: string, text: string, from: number, end: number, place: UrlPlace): boolean {
  if (scheme !== 'javascript') return from < end && text.charCodeAt(from) > 0x20;
  if (place !== 'value') return !NO_TARGET.test(text.slice(from, Math.min(end, from + 64)));
  return scriptEffect(text, from, end, 0) !== NO_EFFECT;
}

function isActiveData(content: string, place: UrlPlace): boolean {
  if (!content.includes(',')) return false;
  const type = content.slice(0, 128).replace(/[\t\n\r]/g, '');
  if (ACTIVE_TYPE.test(type) || SCRIPT_TYPE.test(type)) return true;
  return place === 'attribute' && SVG_TYPE.test(type);
}
