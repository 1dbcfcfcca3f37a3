/**
 * What a start tag brings in. Attributes are judged one by one as the tokenizer reads them; those that only mean
 * something together (`http-equiv` with `content`) leave a mark until the tag ends.
 *
 * Markup that shows something is no attack: `<b>`, `<a href="https://…">`, `<img src="…">`, `<svg><path>`, `<style>`.
 */
import { scriptHarms } from '../script/reach.ts';
import { CALLS, TELLING } from '../script/effect.ts';
import { scriptEffect } from '../script/script-effect.ts';
import { decodeReferences } from './character-references.ts';
import { expressionRuns } from './client-template.ts';
import { EVENT_HANDLERS } from './events-table.ts';
import { isScriptUrl } from './script-url.ts';
import type { UrlPlace } from './script-url.ts';
import { styleRuns } from './style.ts';

/**
 * How sure it is that the attribute is one: `tag`, its tag stands in the text; `quoted`, it would continue a tag of the
 * page behind a closed quote; `bare`, behind a space in an unquoted attribute, where prose has words, too.
 */
export type Standing = 'tag' | 'quoted' | 'bare';

/** Attributes that make an element load or run something that is not the page's own; `*` when it always does. */
const ACTIVE: ReadonlyMap<string, readonly string[]> = new Map([
  ['iframe', ['src', 'srcdoc']],
  ['frame', ['src']],
  ['portal', ['src']],
  ['fencedframe', ['src', 'config']],
  ['embed', ['src', 'code', 'type']],
  ['object', ['data', 'classid', 'codebase', 'type']],
  ['applet', ['code', 'archive', 'object', 'codebase']],
  ['base', ['href']],
  ['form', ['action']],
]);
/** Elements that no short value has with one of these attributes but to load or run something. */
const LOADERS: ReadonlySet<string> = new Set(
  'iframe frame frameset object embed applet portal fencedframe bgsound layer ilayer xml isindex keygen animate set'.split(
    ' ',
  ),
);
const LOADING: ReadonlySet<string> = new Set(
  'src srcdoc data code archive classid codebase type href attributename to from values'.split(' '),
);
/** Elements whose `src` only fills an image. */
const IMAGES: ReadonlySet<string> = new Set([
  'img',
  'image',
  'source',
  'picture',
  'video',
  'link',
  'feimage',
]);
const ANIMATIONS = /^(?:.*:)?(?:animate|set|animatetransform|animatemotion|animatecolor|discard)$/;
const URL_ATTRIBUTES: ReadonlySet<string> = new Set(
  (
    'href src action formaction data xlink:href background poster lowsrc dynsrc from to values by code codebase archive ' +
    'classid manifest ping folder longdesc usemap profile cite icon pluginspage pluginurl implementation value movie url'
  ).split(' '),
);
/** Attributes that frameworks evaluate (AngularJS, Vue, Alpine, htmx, Svelte); bare `@` and `:` are Vue's. */
const FRAMEWORK = /^(?:ng-|data-ng-|x-ng-|v-|x-|hx-on|data-hx-on|mv-|@|:|\(|\[|#)/;
/** What an element of SVG or HTML+TIME may not animate. */
const ANIMATED = /^\s*(?:(?:xlink:)?href|on\w+|(?:inner|outer)html|src|srcdoc|action|formaction)\s*$/i;
/** Words that could be attributes of other vocabularies. */
const WORDS: ReadonlySet<string> = new Set([
  'once',
  'only',
  'onto',
  'ones',
  'ongoing',
  'onward',
  'onboard',
  'onsite',
  'onhand',
]);
/** Values that could be script; `onclick="yes"` behind a quote in prose could not. */
const CODE_CHARS = /[(`=;[{\\]/;

/** A function of the page, or a number to see the handler come through, right behind the quote; a remark may end it. */
const NAME_OR_NUMBER = /^[\w$][\w$.]{0,64}(?:\/\/)?$/;
/** No browser runs a script as an image of several; sanitizers are tried with one. */
const SCRIPT_AMONG_IMAGES = /(?:^|[\s,])javascript:/i;
/**
 * What JSX and Svelte write: `{close}`, and `{(event)` of `{(event) => …}`, for white space ends a value without quotes. As
 * a script the one is a block that only names something, the other a block without its end, which breaks the syntax.
 */
const IN_BRACES = /^\{[\w.$]*\}$|^\{[^}]*$/;

/** Whether an attribute of that name, in lower case, can run something in a tag of the page. */
export function canRun(name: string): boolean {
  return (
    name.startsWith('on') ||
    URL_ATTRIBUTES.has(name) ||
    name === 'style' ||
    name === 'srcdoc' ||
    name === 'srcset' ||
    FRAMEWORK.test(name)
  );
}

/** Another site, or a script of this one that answers with what it is told. */
const FOREIGN = /^[\x00-\x20]*(?:[a-z][a-z0-9+.\x00-\x20-]*:|[\\/][\x00-\x20]*[\\/])|[(]|callback|jsonp/i;
/** Types of script elements that browsers run (WHATWG HTML §4.12.1); what has another type is data. */
const RUN_TYPE =
  /^\s*(?:$|module|(?:text|application)\/(?:x-)?(?:java|ecma|j|live)script|importmap|speculationrules)/i;

const MARK_REFRESH = 1;
const MARK_IMPORT = 2;
const MARK_HREF = 4;

/** Judges the attributes of one tag after another. Reused; holds no state between tags. */
export class Tag {
  private element = '';
  private marks = 0;
  private isPost = false;
  /** The element is a script whose content runs. */
  holdsScript = false;
  /** It is a module, which alone may import. */
  holdsModule = false;
  standing: Standing = 'tag';

  /**
   * Begins a tag; `element` in lower case, empty when the tag is one of the page. `isPost`: the text around it is long
   * enough to be about markup. True when the tag runs by itself.
   */
  open(element: string, standing: Standing, isPost: boolean): boolean {
    this.element = element;
    this.marks = 0;
    this.standing = standing;
    this.isPost = isPost;
    const isScript = element === 'script' || element.endsWith(':script');
    this.holdsScript = isScript;
    this.holdsModule = false;
    return !isPost && element === 'handler' && standing === 'tag';
  }

  /** One attribute. True when it runs something. `index` counts those before it. */
  attribute(name: string, raw: string, index: number): boolean {
    const value = decodeReferences(raw);
    if (name.startsWith('on')) return this.handlerRuns(name, value, index);
    if (name === 'style') return styleRuns(value);
    if (name === 'srcdoc') return this.standing !== 'bare' && value !== '' && !this.isPost;
    if (URL_ATTRIBUTES.has(name) && isScriptUrl(value, 0, value.length, this.urlPlace(name))) {
      return (
        this.standing !== 'bare' || scriptEffect(value, value.indexOf(':') + 1, value.length, 0) >= CALLS
      );
    }
    if (name === 'srcset' && SCRIPT_AMONG_IMAGES.test(value)) return true;
    if (FRAMEWORK.test(name) && expressionRuns(value, 0, value.length)) return true;
    if (this.element === '') return false;
    if (isScriptUrl(value, 0, value.length, 'value')) return true;
    if (this.holdsScript) return this.ofScript(name, value);
    if (!this.isPost && LOADERS.has(this.element) && LOADING.has(name)) return true;
    if (ACTIVE.get(this.element)?.includes(name) === true) return this.loads(name, value);
    return this.marked(name, value);
  }

  /** Ends the tag: true when its attributes together run something. */
  close(): boolean {
    return this.marks === (MARK_IMPORT | MARK_HREF) || (this.marks & MARK_REFRESH) !== 0;
  }

  private urlPlace(name: string): UrlPlace {
    const shown =
      this.element === ''
        ? name !== 'href' && name !== 'action' && name !== 'formaction'
        : IMAGES.has(this.element);
    return shown || name === 'background' || name === 'poster' || name === 'value' ? 'image' : 'attribute';
  }

  private handlerRuns(name: string, value: string, index: number): boolean {
    if (IN_BRACES.test(value)) return false;
    const known = EVENT_HANDLERS.has(name);
    if (this.isPost && this.standing !== 'bare') {
      return (known || this.standing === 'tag') && scriptHarms(value, 0, value.length, true);
    }
    switch (this.standing) {
      case 'tag':
        return known || (/^on[a-z]{3,40}$/.test(name) && (!WORDS.has(name) || CODE_CHARS.test(value)));
      case 'quoted':
        return known && (CODE_CHARS.test(value) || (index < 2 && NAME_OR_NUMBER.test(value)));
      case 'bare': {
        if (!known) return false;
        const effect = scriptEffect(value, 0, value.length, 0);
        return effect === TELLING || (effect === CALLS && index < 2);
      }
    }
  }

  /** Of a script element: a source runs, in a post a foreign one; what has another type is data there. */
  private ofScript(name: string, value: string): boolean {
    if (name === 'type') {
      this.holdsModule = /module/i.test(value);
      if (this.isPost && !RUN_TYPE.test(value)) this.holdsScript = false;
      return !this.isPost && this.holdsModule;
    }
    return (
      (name === 'src' || name === 'href' || name === 'xlink:href') && (!this.isPost || FOREIGN.test(value))
    );
  }

  /** An attribute that loads: forms and bases that stay on the page's own site do no harm. */
  private loads(name: string, value: string): boolean {
    if (this.isPost) return this.element === 'base' && FOREIGN.test(value);
    if (this.element !== 'form') return value.trim() !== '' && value !== 'about:blank';
    return name === 'action' && /^\s*(?:https?:|ftp:|[/\\]{2})/i.test(value);
  }

  private marked(name: string, value: string): boolean {
    if (this.element === 'meta') {
      const acts = this.isPost
        ? /^\s*(?:refresh|set-cookie)/i
        : /^\s*(?:refresh|set-cookie|link|content-(?:[^t]|$))/i;
      if (name === 'http-equiv' && acts.test(value)) this.marks |= MARK_REFRESH;
      return (
        /utf-?(?:7|16|32)|x-mac|iso-2022|hz-gb/i.test(value) && (name === 'charset' || name === 'content')
      );
    }
    if (this.element === 'link') {
      if (name === 'rel' && /\bimport\b|\bserviceworker\b/i.test(value)) this.marks |= MARK_IMPORT;
      if (name === 'href') this.marks |= MARK_HREF;
      return false;
    }
    if (this.element === 'style') return name === 'type' && /javascript/i.test(value);
    return name === 'attributename' && ANIMATIONS.test(this.element) && ANIMATED.test(value);
  }
}
