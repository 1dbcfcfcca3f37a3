// The public entry `ward/engine`, used as its documentation says.
import { describe, expect, it } from 'vitest';
import { compilePolicy, inspect, readHead } from '../../src/library.ts';

const TEXT = `language 1
policy "embedded" { mode enforce }
rule t.a "x" {
  severity critical
  when any args contains "attack"
  then block 403
  examples { hit GET "/?q=attack" miss GET "/" }
}
rule t.leak "x" {
  severity critical
  when any response.body.text contains "SECRET"
  then block 502
  examples { hit GET "/" answered 200 { body "SECRET" } miss GET "/" }
}
`;

describe('library', () => {
  it('compiles a text and judges plain requests', async () => {
    const { engine, diagnostics } = compilePolicy({ text: TEXT, warm: true });
    expect(diagnostics).toEqual([]);
    if (engine === null) throw new Error('not compiled');
    expect((await inspect(engine, { target: '/?q=hello' })).verdict.action).toBe('pass');
    const { verdict, report } = await inspect(engine, { target: '/', method: 'POST', body: 'q=attack' });
    expect(verdict).toMatchObject({ action: 'block', status: 403, by: 't.a' });
    expect(report?.matches[0].rule).toBe('t.a');
    const leak = await inspect(engine, { target: '/', response: { status: 200, body: 'a SECRET' } });
    expect(leak.verdict.by).toBe('t.leak');
  });

  it('answers mistakes with diagnostics and no engine', () => {
    expect(compilePolicy({ text: 'language 1\nrule' }).engine).toBeNull();
    const { engine, diagnostics } = compilePolicy({ text: TEXT.replace('any args', 'any argz') });
    expect(engine).toBeNull();
    expect(diagnostics.some((found) => found.severity === 'error')).toBe(true);
  });

  it('refuses what the guard refuses', async () => {
    const { engine } = compilePolicy({ text: TEXT });
    if (engine === null) throw new Error('not compiled');
    expect(readHead({ target: '/%00' })).toMatchObject({ head: null, status: 400 });
    const { verdict, report } = await inspect(engine, { target: '/%00' });
    expect(verdict).toMatchObject({ action: 'block', status: 400 });
    expect(report).toBeNull();
  });
});
