/**
 * Whole values that are a short script: nothing else, and hardly longer than a line. Published payloads for a place within
 * a script look like that. Among them, calls and assignments count that posts about the web also show, where they stand
 * among prose: on the page as a whole, on addresses of other sites, on global names that are put together.
 */
import { SCRIPT_SHORT_BYTES_MAX } from '../../core/limits.ts';

const GLOBAL = String.raw`\b(?:window|self|top|parent|frames|globalThis)`;
const QUOTE = String.raw`['"\x60]`;
const FOREIGN = String.raw`\s{0,4}${QUOTE}\s{0,4}(?:(?:https?|wss?):)?[\\/]{2}`;

const ACTS = new RegExp(
  [
    // The document: written to, replaced, given handlers.
    String.raw`\bdocument\s{0,4}(?:\[|\.\s{0,4}(?:write(?:ln)?\s{0,4}\(|execCommand|createRange\b))`,
    String.raw`\bdocument\s{0,4}\.\s{0,4}(?:body|head|documentElement|title|cookie|domain|forms|links)\b[^=;]{0,64}=[^=>]`,
    String.raw`\bdocument\b.{0,64}\.(?:inner|outer)HTML\s{0,4}\+?=`,
    String.raw`^\s{0,4}(?:inner|outer)HTML\s{0,4}\+?=`,
    String.raw`\.setAttribute\s{0,4}\(\s{0,4}${QUOTE}on`,
    String.raw`\b(?:trustedTypes\s{0,4}\.\s{0,4}createPolicy|createContextualFragment|serviceWorker\s{0,4}\.\s{0,4}register)\s{0,4}\(`,
    // What the page was called with, and what it keeps for itself.
    String.raw`\b(?:location|document)\s{0,4}\.\s{0,4}(?:hash|search|href|URL|documentURI|baseURI|referrer|cookie|domain)\s{0,4}(?:\)|\.\s{0,4}(?:slice|substr|split|replace|match))`,
    String.raw`\((?:[^()]{0,32}[^\w.$])?(?:local|session)Storage\s{0,4}[).[]|\bcookieStore\s{0,4}\.\s{0,4}get`,
    // The page is left for where the script says.
    String.raw`\blocation\s{0,4}\.\s{0,4}(?:assign|replace)\s{0,4}\(|(?:^|[;{,(]\s{0,4})(?:(?:window|self|top|parent|document)\s{0,4}\.\s{0,4})?location(?:\s{0,4}\.\s{0,4}href)?\s{0,4}=\s{0,4}(?:\/[^/=]|[^=;]{0,128}[+(])`,
    String.raw`\bdocument\s{0,4}\.\s{0,4}(?:forms\b|querySelector|getElement)[^;]{0,64}\.\s{0,4}(?:submit|click)\s{0,4}\(`,
    // Other sites, and scripts made of nothing.
    String.raw`\bcreateElement(?:NS)?\s{0,4}\([^)]{0,32}${QUOTE}script|\.src\s{0,4}=${FOREIGN}`,
    String.raw`(?:^|[^\w.$]|${GLOBAL}\s{0,4}\.|\bnavigator\s{0,4}\.)(?:fetch|open|importScripts|sendBeacon|WebSocket|EventSource|SharedWorker|Worker)\s{0,4}\(${FOREIGN}`,
    String.raw`(?:\$|\bjQuery)\s{0,4}\.\s{0,4}(?:get|post|ajax|getJSON|getScript|load)\s{0,4}\((?:\s{0,4}\{[^}]{0,32}\burl\s{0,4}:)?${FOREIGN}`,
    // Names of the window, put together, walked through or taken apart.
    String.raw`${GLOBAL}\s{0,4}(?:\?\.)?\[[^\]'"]{1,64}\]`,
    String.raw`\bin\s{1,4}(?:window|self|top|this|globalThis|frames)\s{0,4}\)`,
    String.raw`\{[^}]{0,64}\b(?:(?:alert|eval)\b|(?:confirm|prompt)\s{0,4}:)[^}]{0,64}\}\s{0,4}\)?\s{0,4}=[^=>]`,
    String.raw`${GLOBAL}\s{0,4}\.\s{0,4}print\s{0,4}[(\x60]|^print\x60`,
    String.raw`\bthis\s{0,4}\[[^\]'"]{0,32}\+|\bReflect\s{0,4}\.\s{0,4}(?:apply|construct|get|set)\b`,
    String.raw`\d\s{0,4}\.{1,2}\s{0,4}toString\s{0,4}\(\s{0,4}(?:0x)?\d{2}`,
  ].join('|'),
);

/** Whether a text that as a whole is a script and calls or sets something is a short one that acts on the page. Linear. */
export function shortScriptActs(text: string): boolean {
  return text.length <= SCRIPT_SHORT_BYTES_MAX && ACTS.test(text);
}
