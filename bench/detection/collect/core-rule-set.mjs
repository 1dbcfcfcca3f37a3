// The regression tests of the OWASP Core Rule Set that expect a rule of paranoia level 1 to find an attack.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { filesUnder } from './sending.mjs';

const CLASSES = {
  921: 'protocol',
  930: 'traversal',
  931: 'inclusion',
  932: 'command',
  933: 'php',
  934: 'code',
  941: 'xss',
  942: 'sqli',
  944: 'java',
};

export function* coreRuleSetRequests(directory) {
  const levelOne = rulesOfLevelOne(join(directory, 'rules'));
  for (const file of filesUnder(join(directory, 'tests/regression/tests'), '.yaml')) {
    const { rule_id: rule, tests } = parse(readFileSync(file, 'utf8')) ?? {};
    const kind = CLASSES[Math.floor((rule ?? 0) / 1_000)];
    if (kind === undefined || !levelOne.has(rule)) continue;
    for (const { stages } of tests) {
      if (stages.length !== 1) continue;
      const [{ input, output }] = stages;
      if (!output.log?.expect_ids?.includes(rule) || input.encoded_request !== undefined) continue;
      yield requestOf(kind, input);
    }
  }
}

function rulesOfLevelOne(directory) {
  const found = new Set();
  for (const file of filesUnder(directory, '.conf')) {
    for (const text of readFileSync(file, 'utf8').split(/\n(?=Sec)/)) {
      const [, id] = /\bid:(\d+)/.exec(text) ?? [];
      if (id !== undefined && text.includes('paranoia-level/1')) found.add(Number(id));
    }
  }
  return found;
}

function requestOf(kind, { method = 'GET', uri = '/', headers = {}, data }) {
  const fields = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  const has = (name) => fields.some(([field]) => field === name);
  if (data !== undefined && !has('content-type'))
    fields.push(['content-type', 'application/x-www-form-urlencoded']);
  const place = data === undefined ? (uri.includes('?') ? 'query' : 'head') : 'body';
  const kept = fields.filter(([name]) => name !== 'content-length');
  return {
    label: 'attack',
    class: kind,
    place,
    method,
    target: uri,
    headers: kept,
    ...(data === undefined ? {} : { body: String(data) }),
  };
}
