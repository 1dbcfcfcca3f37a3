/** docs/reference says what the source says; `npm run test:update` rewrites it. */
import { expect, it } from 'vitest';
import {
  diagnosticsPage,
  errorsPage,
  fieldsPage,
  secLangPage,
  transformationsPage,
} from '../support/reference-pages.ts';

const page = (name: string): string => `../../docs/reference/${name}.md`;

it.each([
  ['fields', fieldsPage],
  ['transformations', transformationsPage],
  ['diagnostics', diagnosticsPage],
  ['errors', errorsPage],
  ['seclang', secLangPage],
])('%s', async (name, render) => {
  await expect(render()).toMatchFileSnapshot(page(name));
});
