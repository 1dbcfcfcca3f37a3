/** `detect_xss`: the predicate over the HTML and script tokenizers of `detect`. */
import { XSS_MARKS, detectXss } from '../../detect/html/detect-xss.ts';
import { detector } from './detector.ts';

export const detect_xss = detector({
  name: 'detect_xss',
  doc: 'True for text that would run script in a page that does not escape it: as markup, in an attribute, as a URL, in a string of a script, as script, or in a template of a client framework. Markup that runs nothing is none. It decodes character references itself; put `percent_decode` and `js_decode` before it, not `html_decode`, `lower` or `squeeze`.',
  examples: [
    { input: '<img src=x onerror=alert(1)>', output: true },
    { input: '" autofocus onfocus=alert(1) x="', output: true },
    { input: 'java\tscript:alert(1)', output: true },
    { input: "'-alert(1)-'", output: true },
    { input: "{{constructor.constructor('alert(1)')()}}", output: true },
    { input: '<p>A <b>bold</b> <a href="https://example.com/">link</a></p>', output: false },
    { input: 'a < b and c > d, List<String>', output: false },
    { input: 'javascript: the good parts', output: false },
  ],
  needs: XSS_MARKS,
  reads: detectXss,
});
