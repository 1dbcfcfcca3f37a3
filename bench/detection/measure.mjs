// Runs one collection through an engine and counts what was refused.
import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { inspect } from '../../dist/control/inspection.js';
import { halfOf, readCollection, toWrittenRequest } from './collection.mjs';
import { Tallies, Tally } from './statistics.mjs';

const PROGRESS_EVERY = 500;
const SHOWN_TEXT_MAX = 300;

/** Figures of one collection, or of one half of a split one. */
class Figures {
  attack = new Tally();
  benign = new Tally();
  byClass = { attack: new Tallies(), benign: new Tallies() };
  byPlace = { attack: new Tallies(), benign: new Tallies() };
  byEncoding = { attack: new Tallies(), benign: new Tallies() };
  falseAlarms = new Map();
  #kept = { attack: [], benign: [] };

  constructor(name, description, mayShow) {
    this.name = name;
    this.source = description.source;
    this.licence = description.licence;
    this.use = description.use;
    /** Details are for data that rules may be tuned on. */
    this.mayShow = mayShow;
  }

  add(given, { isRefused, by, seen }, show) {
    this[given.label].add(isRefused);
    this.byClass[given.label].add(given.class, isRefused);
    this.byPlace[given.label].add(given.place, isRefused);
    this.byEncoding[given.label].add(given.encoding, isRefused);
    if (!this.mayShow || isRefused === (given.label === 'attack')) return;
    if (isRefused) for (const rule of by) this.falseAlarms.set(rule, (this.falseAlarms.get(rule) ?? 0) + 1);
    if (show > 0) this.#keep({ ...summaryOf(given), by, seen }, show);
  }

  /** A sample of misses and one of false alarms, spread over the collection: neighbours are often alike. */
  #keep(summary, show) {
    const kept = this.#kept[summary.label];
    kept.push({ ...summary, rank: createHash('sha256').update(summary.text).digest('hex') });
    kept.sort((one, other) => (one.rank < other.rank ? -1 : 1));
    kept.length = Math.min(kept.length, show);
  }

  get shown() {
    return [...this.#kept.attack, ...this.#kept.benign].map(({ rank: _, ...summary }) => summary);
  }

  toJSON() {
    const { falseAlarms, mayShow, ...rest } = this;
    if (!mayShow) return rest;
    return { ...rest, falseAlarms: Object.fromEntries(sorted(falseAlarms)), shown: this.shown };
  }
}

export function sorted(counts) {
  return [...counts].sort(([, one], [, other]) => other - one);
}

/**
 * The figures of a collection; of a split one, those of each half. `show` wrong answers are kept in full where they may
 * be seen: never of a collection that is only measured, of a held-out half only with `revealHeldOut`. A refused request
 * counts as refused whatever refused it, the guard included.
 */
export async function measure(engine, path, { show, revealHeldOut, onProgress }) {
  const cases = readCollection(path);
  const description = (await cases.next()).value;
  if (description === undefined) throw new Error(`${path} is empty`);
  const { collection: name } = description;
  const parts =
    description.use === 'split'
      ? {
          tune: new Figures(`${name}, tune half`, description, true),
          held_out: new Figures(`${name}, held-out half`, description, revealHeldOut),
        }
      : { whole: new Figures(name, description, description.use === 'tune') };
  let done = 0;
  const from = performance.now();
  for await (const given of cases) {
    const part = description.use === 'split' ? halfOf(given.family) : 'whole';
    parts[part].add(given, await judge(engine, given), show);
    if (++done % PROGRESS_EVERY === 0) onProgress(name, done);
  }
  return { figures: Object.values(parts), requests: done, seconds: (performance.now() - from) / 1_000 };
}

async function judge(engine, given) {
  const inspection = await inspect(engine, toWrittenRequest(given));
  if (inspection.kind === 'refused') return { isRefused: true, by: [`guard.${inspection.reason}`], seen: [] };
  const { verdict, matches } = inspection.report;
  const isRefused = verdict.action !== 'pass';
  const by = [...new Set(matches.map(({ rule }) => rule))];
  if (isRefused && by.length === 0) by.push(verdict.by ?? verdict.action);
  return { isRefused, by, seen: matches.flatMap(witnessText) };
}

/** What a rule matched and where, in one line. */
function witnessText({ rule, witness }) {
  if (witness === undefined) return [];
  const { field, name, path, value, text } = witness;
  const shown = JSON.stringify(text ?? value).slice(0, SHOWN_TEXT_MAX);
  return [`${rule}: ${field}[${path || name}] ${shown}`];
}

function summaryOf({ label, class: kind, place, encoding, method, target, headers, body, body_base64 }) {
  const cut = (text) => (text.length > SHOWN_TEXT_MAX ? `${text.slice(0, SHOWN_TEXT_MAX)}…` : text);
  const content = body ?? (body_base64 === undefined ? '' : `(base64) ${body_base64}`);
  const lines = headers.map(([field, value]) => `${field}: ${value}`);
  const text = [`${method} ${target}`, ...lines, content].join('\n').replaceAll('\r', '');
  return { label, class: kind, place, encoding, text: cut(text) };
}
