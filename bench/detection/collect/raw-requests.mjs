// Requests that lie in files as bytes of HTTP/1.1, labelled by the ending of their names.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder } from './sending.mjs';

const HEAD_END = Buffer.from('\r\n\r\n');
/** What belongs to the connection they were taken from, and not to the request. */
const OF_THE_CONNECTION = /^(?:host|connection|content-length|transfer-encoding|accept-encoding|expect)$/;

/**
 * Those whose head is not one are left out: they test parsers, which the wire and desync suites do. What one host was sent
 * is alike, so harmless requests of a host are one family; attacks were all sent to a few, and are families by themselves.
 */
export const rawRequests = (folder, label, ending) =>
  function* (directory) {
    for (const file of filesUnder(join(directory, folder), ending)) {
      const bytes = readFileSync(file);
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) continue;
      const [first, ...lines] = bytes.toString('utf8', 0, end).split('\r\n');
      const [method, target, version] = first.split(' ');
      if (version === undefined || !target.startsWith('/')) continue;
      const fields = lines
        .map((line) => /^([^:\s]+):[ \t]*(.*)$/s.exec(line))
        .filter((field) => field !== null)
        .map(([, name, value]) => [name.toLowerCase(), value]);
      const host = fields.find(([name]) => name === 'host')?.[1] ?? '';
      const body = bytes.subarray(end + HEAD_END.length);
      yield {
        label,
        class: 'traffic',
        place: body.length > 0 ? 'with body' : 'without body',
        method,
        target,
        family: label === 'benign' ? host : bytes.toString('latin1'),
        headers: fields.filter(([name]) => !OF_THE_CONNECTION.test(name)),
        ...(body.length > 0 ? { body_base64: body.toString('base64') } : {}),
      };
    }
  };
