// What programs post all day and looks like script: fields named as dialogs in templates, what type a page says it has.
import { describe, it } from 'vitest';
import { detectXss } from '../../../../src/detect/html/detect-xss.ts';
import { expectAllBy } from '../../../support/expect-all.ts';

const expectAll = expectAllBy(detectXss);

describe('members of objects in templates', () => {
  it('lets them be shown', () => {
    expectAll(
      [
        '{{ $json.prompt }}',
        "{{ $('step').item.json.prompt }}",
        '{{ JSON.stringify($json.prompt) }}',
        '{{ payload.response.view.state.values[0] }}',
      ],
      false,
    );
  });

  it('sees them called', () => {
    expectAll(
      [
        '{{ $event.view.prompt(1) }}',
        '{{ e.view.alert(1) }}',
        '{{ x.confirm`1` }}',
        '{{ (x.prompt)(1) }}',
        '{{ x.prompt.call(x) }}',
      ],
      true,
    );
  });
});

describe('the type of a page', () => {
  it('may be said', () => {
    expectAll(['<meta http-equiv="Content-Type" content="text/html; charset=utf-8"><div>a</div>'], false);
  });

  it('may not change how letters are read, or what may run', () => {
    expectAll(
      [
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-7">',
        '<meta http-equiv="Content-Security-Policy" content="script-src x">',
      ],
      true,
    );
  });
});
