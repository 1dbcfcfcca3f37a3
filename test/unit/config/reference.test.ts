/** The published schema and page are those of the program; `npm run test:update` rewrites them. */
import { describe, expect, it } from 'vitest';
import { renderConfigurationPage, renderJsonSchema, shownValue } from '../../../src/config/reference.ts';
import { SETTINGS } from '../../../src/config/schema.ts';
import { environmentName, leavesOf } from '../../../src/config/setting.ts';

const REFERENCE = new URL('../../../docs/reference/', import.meta.url).pathname;

it('publishes its JSON Schema', async () => {
  await expect(renderJsonSchema()).toMatchFileSnapshot(`${REFERENCE}ward.schema.json`);
});

it('publishes its reference page', async () => {
  await expect(renderConfigurationPage()).toMatchFileSnapshot(`${REFERENCE}configuration.md`);
});

it('gives every setting a description, a form and an environment variable of its own', () => {
  const leaves = leavesOf(SETTINGS);
  for (const { path, schema } of leaves) {
    expect(schema.description, path.join('.')).toBeTruthy();
    expect(schema['x-expects'], path.join('.')).toBeTruthy();
  }
  expect(new Set(leaves.map(({ path }) => environmentName(path))).size).toBe(leaves.length);
});

describe('shownValue', () => {
  it.each([
    ['redis://ward:s3cret@cache:6379/0', 'redis://(hidden)@cache:6379/0'],
    ['rediss+sentinel://a:b@c@h1,h2/m', 'rediss+sentinel://(hidden)@h1,h2/m'],
    ['redis://cache:6379', 'redis://cache:6379'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['user@host', 'user@host'],
  ])('%s', (value, shown) => {
    expect(shownValue(value)).toBe(shown);
  });
});
