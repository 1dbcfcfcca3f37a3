/**
 * Incremental reader of XML 1.0 without a DTD: text and attributes become values, at bounded depth and memory.
 *
 * It knows no entities but the five and numeric references, so there is nothing to expand; a DOCTYPE, or an instruction
 * other than the declaration, is a fault. Comments and CDATA sections do not end a run of text, or they would cut an
 * attack in two. Runs of white space between tags are left out; an element that has nothing to report is reported with
 * an empty text, so that its name is looked at. Names are dotted local names (`order.item@id`), paths keep the prefixes.
 *
 * Text, attribute values and comments stream; a shorter token that a chunk cuts is carried over and read again.
 */
import { XML_ATTRIBUTE_COUNT_MAX, XML_DECLARATION_BYTES_MAX, XML_DEPTH_MAX } from '../../core/limits.ts';
import { LEAF, ORIGIN, PART } from '../value.ts';
import { IncrementalReader } from './incremental-reader.ts';
import { latin1Of, ownCopy } from './latin1.ts';
import type { FaultReason, ReaderOptions } from './reader.ts';
import { Utf8Validator } from './utf8-validator.ts';
import {
  judgeDeclaration,
  localName,
  readReference,
  REFERENCE_BYTES_MAX,
  XML_BYTE,
  XML_CLASS,
  xmlNameEnd,
  xmlRunEnd,
} from './xml-lexis.ts';

/** Where the reader stands. */
const STAGE = Object.freeze({
  start: 0,
  content: 1,
  cdata: 2,
  comment: 3,
  tag: 4,
  equals: 5,
  quote: 6,
  attribute: 7,
});

/** A step that needs more bytes than there are; or one that ended in a fault. */
const PAUSE = -1;

const LESS = 0x3c;
const GREATER = 0x3e;
const AMPERSAND = 0x26;
const BRACKET = 0x5d;
const DASH = 0x2d;
const SLASH = 0x2f;

interface Element {
  readonly tag: string;
  readonly name: string;
  readonly path: string;
  /** Something was reported under this name, or under a child's. */
  told: boolean;
}

export class XmlReader extends IncrementalReader {
  readonly kind = 'xml';
  readonly #utf8 = new Utf8Validator();
  readonly #open: Element[] = [];
  #stage: number = STAGE.start;
  #rootSeen = false;
  #carry = '';
  #text = '';
  #textAt = 0;
  /** Offset where a declaration may stand: 0, or 3 after a byte order mark. */
  #declarationAt = 0;
  /** The open run of text has been white space so far. */
  #blank = true;
  /** Inside a start tag: white space was read since the last attribute, names seen, the name and quote being read. */
  #spaced = false;
  #attributes = new Set<string>();
  #attribute = '';
  #quote = 0;

  constructor(options: ReaderOptions) {
    super(options, options.sink, options.limits.documentValuesMax);
  }

  protected override get midToken(): boolean {
    return true;
  }

  protected read(chunk: Uint8Array): void {
    const valid = this.#utf8.accept(chunk);
    const fresh = latin1Of(chunk, 0, valid);
    this.#textAt = this.base - this.#carry.length;
    this.#text = this.#carry === '' ? fresh : this.#carry + fresh;
    this.#carry = '';
    if (!this.assembler.open) this.held = -1;
    let i = 0;
    while (i >= 0 && i < this.#text.length) i = this.#step(i);
    this.#text = '';
    if (valid < chunk.length) this.fail('xml.charset', this.base + valid);
  }

  protected finish(): void {
    if (!this.#utf8.complete) return this.fail('xml.charset', this.base);
    const between = this.#stage === STAGE.content && this.#carry === '';
    if (this.#open.length > 0 || (this.#rootSeen && !between)) return this.fail('body.truncated', this.base);
    if (!this.#rootSeen) this.fail('xml.syntax', this.base);
  }

  #step(i: number): number {
    switch (this.#stage) {
      case STAGE.start:
        return this.#start(i);
      case STAGE.content:
        return this.#content(i);
      case STAGE.cdata:
        return this.#cdata(i);
      case STAGE.comment:
        return this.#comment(i);
      case STAGE.tag:
        return this.#tag(i);
      case STAGE.attribute:
        return this.#attributeValue(i);
      default:
        return this.#beforeValue(i);
    }
  }

  /** A byte order mark is no part of the document (XML 1.0, appendix F). */
  #start(i: number): number {
    const mark = this.#text.slice(i, i + 3);
    if (mark !== '\xef\xbb\xbf' && '\xef\xbb\xbf'.startsWith(mark)) return this.#pause(i);
    this.#stage = STAGE.content;
    this.#declarationAt = mark === '\xef\xbb\xbf' ? 3 : 0;
    return i + this.#declarationAt;
  }

  #content(i: number): number {
    const run = xmlRunEnd(this.#text, i, LESS, BRACKET);
    if (run > i && !this.#takeText(this.#text.slice(i, run), i)) return PAUSE;
    if (run === this.#text.length) return PAUSE;
    const c = this.#text.charCodeAt(run);
    if (c === LESS) return this.#markup(run);
    if (c === AMPERSAND) return this.#open.length === 0 ? this.#wrong(run) : this.#reference(run);
    if (c !== BRACKET) return this.#wrong(run);
    const mark = this.#text.slice(run, run + 3);
    if (mark === ']]>') return this.#wrong(run); // §2.4
    if (']]>'.startsWith(mark)) return this.#pause(run);
    return this.#takeText(']', run) ? run + 1 : PAUSE;
  }

  #cdata(i: number): number {
    const run = xmlRunEnd(this.#text, i, BRACKET, BRACKET, false);
    if (run > i && !this.#takeText(this.#text.slice(i, run), i)) return PAUSE;
    if (run === this.#text.length) return PAUSE;
    if (this.#text.charCodeAt(run) !== BRACKET) return this.#wrong(run);
    const mark = this.#text.slice(run, run + 3);
    if (mark === ']]>') {
      this.#stage = STAGE.content;
      return run + 3;
    }
    if (']]>'.startsWith(mark)) return this.#pause(run);
    return this.#takeText(']', run) ? run + 1 : PAUSE;
  }

  #comment(i: number): number {
    const dash = this.#text.indexOf('-', i);
    if (dash < 0) return this.#text.length;
    const mark = this.#text.slice(dash, dash + 3);
    if (mark === '-->') {
      this.#stage = STAGE.content;
      return dash + 3;
    }
    if ('-->'.startsWith(mark)) return this.#pause(dash);
    return mark.charCodeAt(1) === DASH ? this.#wrong(dash) : dash + 1; // §2.5: no `--` inside
  }

  /** `<` and what follows. */
  #markup(i: number): number {
    const c = this.#text.charCodeAt(i + 1);
    if (i + 1 >= this.#text.length) return this.#pause(i);
    if (c === SLASH) return this.#endTag(i);
    if (c === 0x3f) return this.#declaration(i);
    if (c !== 0x21) return this.#startTag(i);
    const mark = this.#text.slice(i, i + 9);
    if (mark.startsWith('<!--')) {
      this.#stage = STAGE.comment;
      return i + 4;
    }
    if (mark === '<![CDATA[' && this.#open.length > 0) {
      this.#stage = STAGE.cdata;
      return i + 9;
    }
    if ('<!--'.startsWith(mark) || ('<![CDATA['.startsWith(mark) && mark.length < 9)) return this.#pause(i);
    return this.#refuse(
      mark.charCodeAt(2) === DASH || mark.charCodeAt(2) === 0x5b ? 'xml.syntax' : 'xml.doctype',
      i,
    );
  }

  #declaration(i: number): number {
    const mark = this.#text.slice(i, i + 6);
    const here = this.#textAt + i === this.#declarationAt;
    if (!here || !/^<\?(?:x(?:m(?:l[\t\n\r ]?)?)?)?$/.test(mark)) return this.#refuse('xml.doctype', i);
    const close = this.#text.indexOf('?>', i);
    const end = close < 0 ? this.#text.length : close + 2;
    if (end - i > XML_DECLARATION_BYTES_MAX) return this.#wrong(i);
    if (close < 0) return this.#pause(i);
    const verdict = judgeDeclaration(this.#text.slice(i, end));
    if (verdict === 'sound') return end;
    return this.#refuse(verdict === 'foreign' ? 'xml.charset' : 'xml.syntax', i);
  }

  #startTag(i: number): number {
    if ((XML_CLASS[this.#text.charCodeAt(i + 1)] & XML_BYTE.nameStart) === 0) return this.#wrong(i);
    const end = xmlNameEnd(this.#text, i + 1);
    const parent = this.#open[this.#open.length - 1] as Element | undefined;
    if (end - i - 1 > this.limits.nameBytesMax) return this.#refuse('body.name', i);
    if (end === this.#text.length) return this.#pause(i);
    if (parent === undefined && this.#rootSeen) return this.#wrong(i);
    if (this.#open.length >= Math.min(this.limits.depthMax, XML_DEPTH_MAX))
      return this.#refuse('xml.depth', i);
    if (this.counts.keys >= this.limits.documentValuesMax) return this.#refuse('body.arguments', i);
    const tag = ownCopy(this.#text.slice(i + 1, end));
    const name = parent === undefined ? localName(tag) : `${parent.name}.${localName(tag)}`;
    if (name.length > this.limits.nameBytesMax) return this.#refuse('body.name', i);
    this.#endText();
    if (parent !== undefined) parent.told = true;
    this.#open.push({ tag, name, path: `${parent?.path ?? ''}/${tag}`, told: false });
    this.counts.keys++;
    if (this.#open.length > this.counts.depth) this.counts.depth = this.#open.length;
    this.#rootSeen = true;
    this.#stage = STAGE.tag;
    this.#spaced = false;
    if (this.#attributes.size > 0) this.#attributes = new Set();
    return end;
  }

  /** Between the attributes of a start tag. */
  #tag(i: number): number {
    const c = this.#text.charCodeAt(i);
    if ((XML_CLASS[c] & XML_BYTE.space) !== 0) {
      this.#spaced = true;
      return i + 1;
    }
    if (c === GREATER) {
      this.#stage = STAGE.content;
      return i + 1;
    }
    if (c === SLASH) {
      if (i + 1 === this.#text.length) return this.#pause(i);
      if (this.#text.charCodeAt(i + 1) !== GREATER) return this.#wrong(i);
      this.#stage = STAGE.content;
      return this.#leave(i) ? i + 2 : PAUSE;
    }
    if (!this.#spaced || (XML_CLASS[c] & XML_BYTE.nameStart) === 0) return this.#wrong(i);
    const end = xmlNameEnd(this.#text, i);
    if (end - i > this.limits.nameBytesMax) return this.#refuse('body.name', i);
    if (end === this.#text.length) return this.#pause(i);
    this.#attribute = ownCopy(this.#text.slice(i, end));
    if (this.#attributes.has(this.#attribute)) return this.#wrong(i); // §3.1, unique attributes
    if (this.#attributes.size >= XML_ATTRIBUTE_COUNT_MAX) return this.#refuse('body.arguments', i);
    const element = this.#open[this.#open.length - 1];
    if (element.name.length + 1 + this.#attribute.length > this.limits.nameBytesMax) {
      return this.#refuse('body.name', i);
    }
    if (!this.admit(this.#textAt + i)) return PAUSE;
    this.#attributes.add(this.#attribute);
    this.#stage = STAGE.equals;
    return end;
  }

  /** After the name of an attribute, before its value. */
  #beforeValue(i: number): number {
    const c = this.#text.charCodeAt(i);
    if ((XML_CLASS[c] & XML_BYTE.space) !== 0) return i + 1;
    if (this.#stage === STAGE.equals) {
      if (c !== 0x3d) return this.#wrong(i);
      this.#stage = STAGE.quote;
      return i + 1;
    }
    if (c !== 0x22 && c !== 0x27) return this.#wrong(i);
    this.#quote = c;
    this.#stage = STAGE.attribute;
    const element = this.#open[this.#open.length - 1];
    const name = `${element.name}@${localName(this.#attribute)}`;
    const at = this.#textAt + i + 1;
    this.assembler.begin(ORIGIN.xml, name, `${element.path}/@${this.#attribute}`, LEAF.TEXT, at);
    this.held = at;
    return i + 1;
  }

  #attributeValue(i: number): number {
    const run = xmlRunEnd(this.#text, i, LESS, this.#quote);
    if (run > i) this.assembler.append(this.#text.slice(i, run), this.#textAt + i, run - i);
    if (run === this.#text.length) return PAUSE;
    const c = this.#text.charCodeAt(run);
    if (c === AMPERSAND) return this.#reference(run);
    if (c !== this.#quote) return this.#wrong(run);
    this.assembler.end();
    this.held = -1;
    this.#open[this.#open.length - 1].told = true;
    this.#stage = STAGE.tag;
    this.#spaced = false;
    return run + 1;
  }

  #endTag(i: number): number {
    const close = this.#text.indexOf('>', i);
    const end = close < 0 ? this.#text.length : close + 1;
    if (end - i > this.limits.nameBytesMax + 3) return this.#refuse('body.name', i);
    if (close < 0) return this.#pause(i);
    const element = this.#open[this.#open.length - 1] as Element | undefined;
    const tag = this.#text.slice(i + 2, close).replace(/[\t\n\r ]+$/, '');
    if (element === undefined || tag !== element.tag) return this.#wrong(i);
    this.#endText();
    return this.#leave(i) ? end : PAUSE;
  }

  /** The innermost element ends at `i`. */
  #leave(i: number): boolean {
    const element = this.#open[this.#open.length - 1];
    if (!element.told) {
      const at = this.#textAt + i;
      if (!this.admit(at)) return false;
      this.sink.value(ORIGIN.xml, element.name, element.path, '', PART.WHOLE, LEAF.TEXT, at, 0);
    }
    this.#open.pop();
    return true;
  }

  /** Takes the reference at `i` into the open value or the text. */
  #reference(i: number): number {
    const semicolon = this.#text.indexOf(';', i);
    const end = semicolon < 0 ? this.#text.length : semicolon + 1;
    if (end - i > REFERENCE_BYTES_MAX) return this.#wrong(i);
    if (semicolon < 0) return this.#pause(i);
    const decoded = readReference(this.#text.slice(i + 1, semicolon));
    if (decoded === null) return this.#wrong(i);
    if (this.#stage === STAGE.content && !this.#beginText(i, false)) return PAUSE;
    this.assembler.append(decoded, this.#textAt + i, end - i);
    return end;
  }

  /** Takes verbatim text that stands at `i`; outside the root it may only be white space. */
  #takeText(text: string, i: number): boolean {
    const solid = this.#blank || !this.assembler.open ? text.search(/[^\t\n\r ]/) : 0;
    if (this.#open.length === 0) return solid < 0 || this.#wrong(i + solid) !== PAUSE;
    if (solid !== 0) {
      const space = solid < 0 ? text : text.slice(0, solid);
      if (!this.#beginText(i, true)) return false;
      this.assembler.append(space, this.#textAt + i, space.length);
    }
    if (solid < 0) return true;
    if (!this.#beginText(i + solid, false)) return false;
    const rest = solid === 0 ? text : text.slice(solid);
    this.assembler.append(rest, this.#textAt + i + solid, rest.length);
    return true;
  }

  /** Opens a run of text if none is open; the first byte that is not white space makes it a value. */
  #beginText(i: number, blank: boolean): boolean {
    const element = this.#open[this.#open.length - 1];
    if (!this.assembler.open) {
      const at = this.#textAt + i;
      this.assembler.begin(ORIGIN.xml, element.name, element.path, LEAF.TEXT, at);
      this.held = at;
      this.#blank = true;
    }
    if (blank || !this.#blank) return true;
    this.#blank = false;
    element.told = true;
    return this.admit(this.#textAt + i);
  }

  #endText(): void {
    if (!this.assembler.open) return;
    if (this.#blank && this.assembler.untold) this.assembler.discard();
    else this.assembler.end();
    this.held = -1;
  }

  /** The token at `i` is cut: reads it again with the next chunk. */
  #pause(i: number): number {
    if (!this.assembler.open) this.held = this.#textAt + i;
    this.#carry = this.#text.slice(i);
    return PAUSE;
  }

  #wrong(i: number): number {
    return this.#refuse('xml.syntax', i);
  }

  #refuse(reason: FaultReason, i: number): number {
    this.fail(reason, this.#textAt + i);
    return PAUSE;
  }
}
