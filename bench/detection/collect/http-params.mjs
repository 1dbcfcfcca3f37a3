// HttpParamsDataset: values of parameters, as CSV with the columns payload, length, attack_type and label.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { payloadRequest, proseRequest } from './sending.mjs';

const ROW = /^"((?:[^"]|"")*)","\d+","([a-z-]+)","(norm|anom)"$/;
const CLASSES = {
  sqli: 'sqli',
  xss: 'xss',
  cmdi: 'command',
  'path-traversal': 'traversal',
  norm: 'parameter',
};

export async function* httpParamsRequests(directory, label) {
  for await (const line of createInterface({
    input: createReadStream(join(directory, 'payload_full.csv')),
  })) {
    const [, quoted, kind, verdict] = ROW.exec(line) ?? [];
    if (quoted === undefined || (verdict === 'norm') !== (label === 'benign')) continue;
    const text = quoted.replaceAll('""', '"');
    yield (label === 'benign' ? proseRequest : payloadRequest)(CLASSES[kind], text);
  }
}
